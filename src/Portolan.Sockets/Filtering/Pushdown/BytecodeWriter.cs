using System.Runtime.InteropServices;

namespace Portolan.Sockets.Filtering.Pushdown;

/// <summary>Writes operations and resolves their forward jumps.</summary>
/// <remarks>
/// Keeps what the kernel's audit demands: <c>yes</c> always continues with the next operation, so it fits its single byte; jumps are the
/// <c>no</c> branches, forward, four-aligned, and lead to the start of an operation, to the end, or four bytes behind it.
/// </remarks>
internal sealed class BytecodeWriter
{
    /// <summary>Refuses the socket: four bytes behind the end.</summary>
    public const int Refuse = 0;

    /// <summary>A program that refuses every socket: a jump behind the end.</summary>
    public static ReadOnlyMemory<byte> Nothing { get; } = new byte[] { (byte)BytecodeOperation.Jump, HeaderSize, 2 * HeaderSize, 0 };

    private const int HeaderSize = 4;
    private const int HostConditionSize = 8;
    private const int Unresolved = -1;

    private readonly List<byte> _code = [];
    private readonly List<(int Operation, int Label)> _jumps = [];
    private readonly List<int> _labels = [Unresolved];

    /// <summary>Bytes written.</summary>
    public int Length => _code.Count;

    /// <summary>Makes a label to be placed later.</summary>
    public int NewLabel()
    {
        _labels.Add(Unresolved);
        return _labels.Count - 1;
    }

    /// <summary>Places a label before the next operation.</summary>
    public void Place(int label) => _labels[label] = Length;

    public void Jump(int label) => Begin(BytecodeOperation.Jump, 0, label);

    /// <summary>Compares a port; <paramref name="operation"/> is one of the four port comparisons.</summary>
    public void ComparePort(BytecodeOperation operation, ushort port, int ifNot)
    {
        // The number stands in the "no" field of a second operation.
        var operand = Begin(operation, HeaderSize, ifNot);
        MemoryMarshal.Write(operand[2..], port);
    }

    /// <summary>Compares a port with one number.</summary>
    /// <remarks>A host condition of no family: INET_DIAG_BC_S_EQ would be shorter but older kernels refuse it.</remarks>
    public void PortEquals(bool isLocal, ushort port, int ifNot)
    {
        var operand = Begin(isLocal ? BytecodeOperation.LocalHost : BytecodeOperation.RemoteHost, HostConditionSize, ifNot);
        MemoryMarshal.Write(operand[4..], (int)port);
    }

    /// <summary>Compares an address with a network.</summary>
    public void Host(bool isLocal, InternetAddress network, int prefixLength, int ifNot)
    {
        var operand = Begin(
            isLocal ? BytecodeOperation.LocalHost : BytecodeOperation.RemoteHost,
            HostConditionSize + (network.BitCount / 8),
            ifNot);
        const byte internet = 2, internet6 = 10;
        const int anyPort = -1;
        operand[0] = network.IsIPv4 ? internet : internet6;
        operand[1] = (byte)prefixLength;
        MemoryMarshal.Write(operand[4..], anyPort);
        network.WriteBytes(operand[HostConditionSize..]);
    }

    /// <summary>Compares the interface.</summary>
    public void Interface(int index, int ifNot) => MemoryMarshal.Write(Begin(BytecodeOperation.Interface, sizeof(int), ifNot), index);

    /// <summary>The program, its jumps resolved.</summary>
    public byte[] Finish()
    {
        var code = _code.ToArray();
        foreach (var (operation, label) in _jumps)
        {
            var target = label == Refuse ? code.Length + HeaderSize : _labels[label];
            MemoryMarshal.Write(code.AsSpan(operation + 2), checked((ushort)(target - operation)));
        }

        return code;
    }

    private Span<byte> Begin(BytecodeOperation operation, int operandSize, int ifNot)
    {
        var start = Length;
        CollectionsMarshal.SetCount(_code, start + HeaderSize + operandSize);
        var written = CollectionsMarshal.AsSpan(_code)[start..];
        written.Clear();
        written[0] = (byte)operation;
        written[1] = (byte)written.Length;
        _jumps.Add((start, ifNot));
        return written[HeaderSize..];
    }
}
