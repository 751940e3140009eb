namespace Portolan.Linux.Packet;

/// <summary>A place in a program to jump to; always forward.</summary>
internal sealed class FilterLabel
{
    internal List<int> Jumps { get; } = [];
}

/// <summary>Writes classic BPF (Documentation/networking/filter.rst).</summary>
/// <remarks>
/// The two distances of a comparison have 8 bits, that of a plain jump 32. Each comparison here stands over a plain jump, so a program
/// may have any length up to BPF_MAXINSNS; compiled to machine code the extra jump costs nothing that can be measured.
/// </remarks>
internal sealed class FilterAssembler
{
    /// <summary>BPF_MAXINSNS.</summary>
    internal const int MaxLength = 4096;

    private readonly List<FilterInstruction> _instructions = [];

    /// <summary>A = bytes at <paramref name="offset"/>; the packet is dropped when it is shorter.</summary>
    internal void Load(ushort code, uint offset) => _instructions.Add(new FilterInstruction(code, 0, 0, offset));

    /// <summary>Goes to <paramref name="label"/> when the comparison of A with a constant holds.</summary>
    internal void If(ushort comparison, uint constant, FilterLabel label)
    {
        _instructions.Add(new FilterInstruction(comparison, 0, 1, constant));
        Go(label);
    }

    /// <summary>Goes to <paramref name="label"/> when the comparison does not hold.</summary>
    internal void Unless(ushort comparison, uint constant, FilterLabel label)
    {
        _instructions.Add(new FilterInstruction(comparison, 1, 0, constant));
        Go(label);
    }

    /// <summary>Goes to <paramref name="label"/>.</summary>
    internal void Go(FilterLabel label)
    {
        label.Jumps.Add(_instructions.Count);
        _instructions.Add(new FilterInstruction(FilterCode.Jump, 0, 0, 0));
    }

    /// <summary>Puts a label here.</summary>
    internal void Mark(FilterLabel label)
    {
        foreach (var jump in label.Jumps)
        {
            // The distance counts from the instruction after the jump.
            _instructions[jump] = _instructions[jump] with { Constant = (uint)(_instructions.Count - jump - 1) };
        }

        label.Jumps.Clear();
    }

    /// <summary>Ends with so many bytes of the packet taken; 0 drops it.</summary>
    internal void Return(uint bytes) => _instructions.Add(new FilterInstruction(FilterCode.Return, 0, 0, bytes));

    internal FilterInstruction[] ToProgram() => [.. _instructions];
}
