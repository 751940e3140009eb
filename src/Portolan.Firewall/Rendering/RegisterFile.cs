using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>What the registers hold at one place of a rule.</summary>
internal sealed class RegisterFile
{
    private readonly Slot?[] _slots = new Slot?[Register.WordCount];

    private readonly List<Slot> _unread = [];

    /// <summary>Whether something was loaded that nothing used.</summary>
    public bool HasUnread => _unread.Count > 0;

    /// <summary>Loads an operand.</summary>
    public void Load(Register register, Operand operand)
    {
        if (register.IsVerdict)
        {
            return;
        }

        var slot = new Slot(operand, register.Word);
        var words = Math.Max(1, (operand.Length + 3) / 4);
        for (var word = (int)register.Word; word < register.Word + words && word < _slots.Length; word++)
        {
            _slots[word] = slot;
        }

        _unread.Add(slot);
    }

    /// <summary>The operand that starts at a register, or <c>null</c>.</summary>
    public Operand? Read(Register register) => ReadPart(register) is (var operand, 0) ? operand : null;

    /// <summary>The operand that a register is part of, and how many bytes of it lie before; <c>null</c> for an empty register.</summary>
    public (Operand Operand, int Offset)? ReadPart(Register register)
    {
        if (register.IsVerdict || register.Word >= _slots.Length || _slots[register.Word] is not { } slot)
        {
            return null;
        }

        _unread.Remove(slot);
        return (slot.Operand, (register.Word - slot.Start) * 4);
    }

    /// <summary>The operands of a key of so many bytes, each padded to a word; <c>null</c> where a register is empty.</summary>
    public IReadOnlyList<Operand>? ReadKey(Register register, int length)
    {
        var parts = new List<Operand>();
        for (var word = (int)register.Word; word < _slots.Length;)
        {
            if (Read(new Register((byte)word)) is not { } operand)
            {
                return null;
            }

            parts.Add(operand);
            var words = Math.Max(1, (operand.Length + 3) / 4);
            word += words;
            if ((word - register.Word) * 4 >= length)
            {
                return parts;
            }
        }

        return null;
    }

    private sealed class Slot(Operand operand, int start)
    {
        public Operand Operand { get; } = operand;

        public int Start { get; } = start;
    }
}
