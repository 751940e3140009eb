using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>What the bytes of a set's elements mean.</summary>
/// <param name="Key">The parts of a key.</param>
/// <param name="Data">The parts of a map's value; empty for verdicts, objects and plain sets.</param>
internal sealed record ElementLayout(IReadOnlyList<ElementPart> Key, IReadOnlyList<ElementPart> Data)
{
    /// <summary>The key's parts, from what is looked up.</summary>
    public static IReadOnlyList<ElementPart> PartsOf(IReadOnlyList<Term> key, ElementSet set)
    {
        if (key.Count == 1)
        {
            return [new ElementPart(key[0].Type, set.KeyLength, key[0].IsHostOrder, key[0].Shift)];
        }

        var parts = new ElementPart[key.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            var length = i < set.Fields.Count ? set.Fields[i] : key[i].Length;
            parts[i] = new ElementPart(key[i].Type, length, key[i].IsHostOrder, key[i].Shift);
        }

        return parts;
    }

    /// <summary>The parts of a map's value.</summary>
    public static IReadOnlyList<ElementPart> DataOf(ElementSet set, DataType? expected)
    {
        if (!set.Flags.HasFlag(SetFlags.Map) || set.DataType == uint.MaxValue << 8)
        {
            return [];
        }

        var types = DataTypes.Parts(set.DataType);
        if (types is null or [{ Length: 0 }])
        {
            types = [expected ?? DataTypes.Raw];
        }

        return [.. types.Select(t => new ElementPart(t, t.Length > 0 ? t.Length : set.DataLength, t.IsHostOrder))];
    }
}

/// <summary>A part of a key or value.</summary>
/// <param name="Type">How it is written.</param>
/// <param name="Length">Bytes, without the padding to a word.</param>
/// <param name="IsHostOrder">Whether its bytes are in the machine's order.</param>
/// <param name="Shift">How far it stands to the left in its bytes.</param>
internal sealed record ElementPart(DataType Type, int Length, bool IsHostOrder, int Shift = 0)
{
    /// <summary>A length with its padding: parts of a concatenation start at words.</summary>
    public static int Padded(int length) => (length + 3) & ~3;
}
