namespace Hil.Kernel;

public static unsafe partial class Ntoskrnl
{
    /// <summary>Sorts elements in place; the order of equal ones is not kept.</summary>
    /// <param name="compare">Gets two elements of the array, and answers with a negative number, 0 or a positive
    /// one.</param>
    /// <remarks>C runtime: qsort. A heap sort: it ends whatever the driver answers.</remarks>
    [Export]
    public static void qsort([UncheckedPointer] byte* array, nuint count, nuint width, DriverRoutine compare)
    {
        if (count < 2 || width == 0)
            return;
        CheckArray(array, count, width, nameof(qsort));
        for (nuint root = count / 2; root > 0; root--)
            SiftDown(array, root - 1, count, width, compare);
        for (nuint end = count - 1; end > 0; end--)
        {
            SwapElements(array, array + end * width, width);
            SiftDown(array, 0, end, width, compare);
        }
    }

    /// <summary>Finds an element in a sorted array, or null.</summary>
    /// <param name="compare">Gets the key, then an element.</param>
    /// <remarks>C runtime: bsearch.</remarks>
    [Export]
    public static void* bsearch(
        [UncheckedPointer] void* key, [UncheckedPointer] byte* array, nuint count, nuint width, DriverRoutine compare)
    {
        nuint first = 0;
        while (count > 0)
        {
            nuint middle = first + count / 2;
            byte* element = array + middle * width;
            var order = (int)Processor.Current.Call(compare, key, element);
            if (order == 0)
                return element;
            if (order > 0)
                (first, count) = (middle + 1, (count - 1) / 2);
            else
                count /= 2;
        }
        return null;
    }

    // The comparison runs as driver code, which may free the array.
    private static void SiftDown(byte* array, nuint root, nuint count, nuint width, DriverRoutine compare)
    {
        for (nuint child = 2 * root + 1; child < count; child = 2 * root + 1)
        {
            byte* larger = array + child * width;
            if (child + 1 < count && (int)Processor.Current.Call(compare, larger, larger + width) < 0)
            {
                child++;
                larger += width;
            }
            byte* parent = array + root * width;
            if ((int)Processor.Current.Call(compare, parent, larger) >= 0)
                return;
            SwapElements(parent, larger, width);
            root = child;
        }
    }

    private static void SwapElements(byte* left, byte* right, nuint width)
    {
        DriverMemory.RequireWritable(left, width, nameof(qsort));
        DriverMemory.RequireWritable(right, width, nameof(qsort));
        for (nuint i = 0; i < width; i++)
            (left[i], right[i]) = (right[i], left[i]);
    }

    private static void CheckArray(byte* array, nuint count, nuint width, string export)
    {
        nuint bytes = Math.BigMul(count, width, out ulong low) == 0 ? (nuint)low : nuint.MaxValue;
        DriverMemory.RequireWritable(array, bytes, export);
    }
}
