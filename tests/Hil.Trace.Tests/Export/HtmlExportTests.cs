using System.Buffers.Binary;
using System.Text;
using Hil.Trace.Tests.Format;

namespace Hil.Trace.Tests.Export;

public sealed class HtmlExportTests
{
    [Fact]
    public async Task BrowserDrawsEverySpan()
    {
        using var trace = new SyntheticTrace();
        trace.Irps(30);
        (string dom, string console) = await OpenAsync(trace, "");
        Assert.Equal("", console);
        // For each IRP: StartIo, ISR, DPC; busy device; its own; four accesses, one interrupt.
        Assert.Contains("data-spans=\"300\"", dom);
        Assert.Contains("data-drawn=\"300\"", dom);
        Assert.Contains("id=\"irp-30\"", dom);
    }

    [Fact]
    public async Task SearchFindsByNameAndByIrp()
    {
        using var trace = new SyntheticTrace();
        trace.Irps(10);
        Assert.Contains("data-found=\"10\"", (await OpenAsync(trace, "#search=BAR0%2B0x64")).Dom);
        Assert.Contains("data-found=\"10\"", (await OpenAsync(trace, "#search=irp%203", isWritten: true)).Dom);
    }

    [Fact]
    public async Task HostileTextsStayTexts()
    {
        using var trace = new SyntheticTrace();
        const string Evil = "</script><script>document.body.dataset.owned=1</script><img src=x onerror=alert(1)>";
        trace.Device = Evil;
        trace.Print(Evil).Irps(2).Add(TraceKind.Violation, 0, trace.Text("@data@ @script@"));
        (string dom, string console) = await OpenAsync(trace, "#irp=1");
        Assert.Equal("", console);
        Assert.DoesNotContain("data-owned", dom);
        Assert.DoesNotContain("<img", dom);
        Assert.Contains("data-drawn=", dom);
    }

    [Fact]
    public async Task ScreenshotIsAPictureOfTheWindow()
    {
        using var trace = new SyntheticTrace();
        trace.Irps(30);
        using var file = new TemporaryTrace();
        string picture = file.Other("page.png");
        await OpenAsync(trace, "#theme=dark&irp=7", arguments: [$"--screenshot={picture}"]);
        byte[] png = await File.ReadAllBytesAsync(picture);
        Assert.Equal((1400, 800),
            (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))));
        // A page of one colour is a few KB.
        Assert.True(png.Length > 20_000, $"{png.Length} bytes");
    }

    [Fact]
    public void BigTraceIsThinnedAndSaysSo()
    {
        using var trace = new SyntheticTrace();
        trace.Irps(500);
        using TraceReader reader = trace.Open();
        using var bytes = new MemoryStream();
        HtmlExport.Write(reader, bytes, itemsMax: 1_000);
        string page = Encoding.UTF8.GetString(bytes.ToArray());
        Assert.Contains("Thinned: ", page);
        Assert.True(bytes.Length < 200_000, $"{bytes.Length} bytes");
    }

    [Fact]
    public void PageNeedsNoNetwork()
    {
        using var trace = new SyntheticTrace();
        trace.Irps(1);
        string page = Encoding.UTF8.GetString(Export(trace));
        Assert.DoesNotContain("http:", page);
        Assert.DoesNotContain("https:", page);
        Assert.DoesNotContain("@style@", page);
    }

    private static byte[] Export(SyntheticTrace trace)
    {
        using TraceReader reader = trace.Open();
        using var bytes = new MemoryStream();
        TraceExport.Write(reader, TraceExportFormat.Html, bytes);
        return bytes.ToArray();
    }

    private static async Task<(string Dom, string Console)> OpenAsync(
        SyntheticTrace trace, string fragment, bool isWritten = false, string[]? arguments = null)
    {
        string path = trace.Path + ".html";
        if (!isWritten)
            await File.WriteAllBytesAsync(path, Export(trace));
        return await Chromium.OpenAsync($"file://{path}{fragment}", arguments ?? ["--dump-dom"]);
    }
}
