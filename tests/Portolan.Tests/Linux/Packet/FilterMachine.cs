using System.Buffers.Binary;
using Portolan.Linux.Packet;

namespace Portolan.Tests.Linux.Packet;

/// <summary>
/// Runs classic BPF as Documentation/networking/filter.rst describes it, for the codes that we write; anything else is an error.
/// </summary>
internal static class FilterMachine
{
    /// <summary>What the kernel would take of a frame.</summary>
    /// <param name="program">The program.</param>
    /// <param name="frame">The bytes that a packet socket would see.</param>
    /// <param name="etherType">skb->protocol.</param>
    /// <param name="vlanTag">The tag that was taken off, or <c>null</c>.</param>
    internal static uint Run(ReadOnlySpan<FilterInstruction> program, ReadOnlySpan<byte> frame, ushort etherType, ushort? vlanTag)
    {
        uint a = 0, x = 0;
        for (var at = 0; ; at++)
        {
            var step = program[at];
            switch (step.Code)
            {
                case FilterCode.LoadWord when step.Constant == FilterFact.Protocol:
                    a = etherType;
                    break;
                case FilterCode.LoadWord when step.Constant == FilterFact.VlanTagPresent:
                    a = vlanTag is null ? 0u : 1;
                    break;
                case FilterCode.LoadWord when step.Constant == FilterFact.VlanTag:
                    a = vlanTag ?? 0u;
                    break;
                case FilterCode.LoadWord or FilterCode.LoadHalf or FilterCode.LoadByte:
                    if (!TryLoad(frame, step.Constant, Size(step.Code), out a))
                    {
                        return 0;
                    }

                    break;
                case FilterCode.LoadHalfIndexed:
                    if (!TryLoad(frame, x + step.Constant, 2, out a))
                    {
                        return 0;
                    }

                    break;
                case FilterCode.LoadHeaderLength:
                    if (!TryLoad(frame, step.Constant, 1, out var first))
                    {
                        return 0;
                    }

                    x = 4 * (first & 15);
                    break;
                case FilterCode.Jump:
                    at += checked((int)step.Constant);
                    break;
                case FilterCode.JumpIfEqual:
                    at += a == step.Constant ? step.IfTrue : step.IfFalse;
                    break;
                case FilterCode.JumpIfGreater:
                    at += a > step.Constant ? step.IfTrue : step.IfFalse;
                    break;
                case FilterCode.JumpIfGreaterOrEqual:
                    at += a >= step.Constant ? step.IfTrue : step.IfFalse;
                    break;
                case FilterCode.JumpIfAnyBit:
                    at += (a & step.Constant) != 0 ? step.IfTrue : step.IfFalse;
                    break;
                case FilterCode.Return:
                    return step.Constant;
                default:
                    throw new InvalidOperationException($"no such instruction: {step}");
            }
        }
    }

    private static uint Size(ushort code) => code switch
    {
        FilterCode.LoadWord => 4,
        FilterCode.LoadHalf => 2,
        _ => 1,
    };

    private static bool TryLoad(ReadOnlySpan<byte> frame, uint offset, uint size, out uint value)
    {
        value = 0;
        if ((ulong)offset + size > (ulong)frame.Length)
        {
            return false;
        }

        var bytes = frame.Slice((int)offset, (int)size);
        value = size switch
        {
            4 => BinaryPrimitives.ReadUInt32BigEndian(bytes),
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            _ => bytes[0],
        };
        return true;
    }
}
