namespace Hil.Kernel.Tests.Cm;

public sealed class RegistryTests : IDisposable
{
    private readonly TestMachine _machine = new();

    private Registry Registry => _machine.Kernel.Registry;

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void KeysAreFoundWithoutRegardToCase()
    {
        RegistryKey key = Registry.CreateService("Edu");

        Assert.Same(key, Registry.Find(@"\REGISTRY\machine\SYSTEM\currentcontrolset\services\EDU"));
    }

    [Fact]
    public void CurrentControlSetIsALinkToTheFirst() =>
        Assert.Same(
            Registry.Find(@"\Registry\Machine\System\ControlSet001\Services"),
            Registry.Find(@"\Registry\Machine\System\CurrentControlSet\Services"));

    [Fact]
    public void ValuesKeepTheOrderInWhichTheyWereSetFirst()
    {
        RegistryKey key = Registry.CreateService("edu");
        key.SetDword("b", 1);
        key.SetDword("a", 2);
        key.SetDword("B", 3);

        Assert.Equal(["b", "a"], key.Values.Select(value => value.Name));
        Assert.Equal(3u, key.FindDword("b"));
    }

    [Fact]
    public void SubkeysAreInNameOrder()
    {
        RegistryKey key = Registry.CreateService("edu");
        key.Create("beta");
        key.Create("Alpha");

        Assert.Equal(["Alpha", "beta"], key.Subkeys.Select(subkey => subkey.Name));
    }

    [Fact]
    public void PathOutsideTheRegistryIsRefused() =>
        Assert.Throws<ArgumentException>(() => Registry.Create(@"HKLM\System"));

    [Fact]
    public void NumberOfAnotherTypeIsNoDword()
    {
        RegistryKey key = Registry.CreateService("edu");
        key.SetString("Depth", "4");

        Assert.Null(key.FindDword("Depth"));
    }
}
