namespace Portolan.Sockets.Filtering.Pushdown;

/// <summary>Compiles a condition into a program for INET_DIAG_REQ_BYTECODE.</summary>
internal static class BytecodeCompiler
{
    /// <summary>
    /// Longest program in bytes. The attribute could hold 64 KiB, but the kernel runs the program for every socket: past some eighty
    /// operations it costs more than copying the sockets it would keep back.
    /// </summary>
    public const int MaxLength = 1024;

    private static readonly int[] RangeLimits = [int.MaxValue, 16, 4, 1];

    /// <summary>The program, weakened as far as it must be to be short enough; empty when nothing is left to refuse.</summary>
    public static byte[] Compile(KernelCondition condition)
    {
        foreach (var limit in RangeLimits)
        {
            if (TryCompile(condition.Coarsen(limit), out var program))
            {
                return program;
            }
        }

        // Fewer demands let more through, which is always allowed: the longest goes first.
        var demands = condition.Coarsen(RangeLimits[^1]) is KernelJoin { IsAll: true } join ? join.Conditions.ToList() : [];
        while (demands.Count > 0)
        {
            demands.Remove(demands.MaxBy(LengthOf)!);
            if (TryCompile(KernelCondition.All(demands), out var program))
            {
                return program;
            }
        }

        return [];
    }

    private static bool TryCompile(KernelCondition condition, out byte[] program)
    {
        program = [];
        if (condition == KernelCondition.True)
        {
            return true;
        }

        var writer = new BytecodeWriter();
        Write(writer, condition, BytecodeWriter.Refuse);
        if (writer.Length > MaxLength)
        {
            return false;
        }

        program = writer.Finish();
        return true;
    }

    private static int LengthOf(KernelCondition condition)
    {
        var writer = new BytecodeWriter();
        Write(writer, condition, BytecodeWriter.Refuse);
        return writer.Length;
    }

    /// <summary>Writes a condition that goes on behind itself when it holds, and to <paramref name="ifNot"/> when it does not.</summary>
    private static void Write(BytecodeWriter writer, KernelCondition condition, int ifNot)
    {
        switch (condition)
        {
            case KernelJoin { IsAll: true } all:
                foreach (var part in all.Conditions)
                {
                    Write(writer, part, ifNot);
                }

                break;
            case KernelJoin any:
                WriteAny(writer, any.Conditions.Count, (index, label) => Write(writer, any.Conditions[index], label), ifNot);
                break;
            case KernelPorts ports:
                var ranges = ports.Ports.Ranges.ToArray();
                WriteAny(writer, ranges.Length, (index, label) => WritePorts(writer, ports.IsLocal, ranges[index], label), ifNot);
                break;
            case KernelHost host:
                WriteLeaf(writer, host.Holds, label => writer.Host(host.IsLocal, host.Network, host.PrefixLength, label), ifNot);
                break;
            case KernelFamilyIsIPv6 family:
                WriteLeaf(writer, family.Holds, label => writer.Host(isLocal: true, InternetAddress.AnyIPv6, 0, label), ifNot);
                break;
            case KernelBoundInterface device:
                WriteLeaf(writer, device.Holds, label => writer.Interface(device.Index, label), ifNot);
                break;
            default:
                // What is left is "never"; "always" was taken away when the condition was joined.
                writer.Jump(ifNot);
                break;
        }
    }

    private static void WriteAny(BytecodeWriter writer, int count, Action<int, int> write, int ifNot)
    {
        var end = writer.NewLabel();
        for (var i = 0; i < count - 1; i++)
        {
            var next = writer.NewLabel();
            write(i, next);
            writer.Jump(end);
            writer.Place(next);
        }

        write(count - 1, ifNot);
        writer.Place(end);
    }

    private static void WriteLeaf(BytecodeWriter writer, bool holds, Action<int> write, int ifNot)
    {
        if (holds)
        {
            write(ifNot);
            return;
        }

        var next = writer.NewLabel();
        write(next);
        writer.Jump(ifNot);
        writer.Place(next);
    }

    private static void WritePorts(BytecodeWriter writer, bool isLocal, PortRange range, int ifNot)
    {
        if (range.First == range.Last)
        {
            writer.PortEquals(isLocal, range.First.Value, ifNot);
            return;
        }

        if (range.First.Value > 0)
        {
            writer.ComparePort(
                isLocal ? BytecodeOperation.LocalPortAtLeast : BytecodeOperation.RemotePortAtLeast, range.First.Value, ifNot);
        }

        if (range.Last.Value < ushort.MaxValue)
        {
            writer.ComparePort(isLocal ? BytecodeOperation.LocalPortAtMost : BytecodeOperation.RemotePortAtMost, range.Last.Value, ifNot);
        }
    }
}
