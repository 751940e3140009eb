using Portolan.Scan.Identification.Facts;

namespace Portolan.Scan.Journal;

/// <summary>
/// A fact in a journal: its name, its lines, then its fields, each with a key or none, its kind, its text and its own fields.
/// </summary>
internal static class FactRecord
{
    private const int MaxFacts = 256;
    private const byte HasKey = 0x80;

    /// <summary>Writes one.</summary>
    public static void Write(JournalEncoder to, Fact fact)
    {
        to.Text(fact.Id);
        to.Text(fact.Output);
        Write(to, fact.Fields ?? []);
    }

    /// <summary>Reads as many as there are; <c>false</c> for what was not written so.</summary>
    public static bool TryRead(ref JournalDecoder from, out IReadOnlyList<Fact> facts)
    {
        var read = new List<Fact>();
        facts = read;
        if (!from.TryNumber(MaxFacts, out var count))
        {
            return false;
        }

        for (; count > 0; count--)
        {
            if (!from.TryText(out var id) || !from.TryText(out var output) || !TryRead(ref from, Fact.MaxDepth, out var fields))
            {
                return false;
            }

            read.Add(Fact.Of(id, fields, output));
        }

        return true;
    }

    private static void Write(JournalEncoder to, IReadOnlyList<FactField> fields)
    {
        to.Number((ulong)fields.Count);
        foreach (var field in fields)
        {
            to.Byte((byte)((byte)field.Kind | (field.Key is null ? 0 : HasKey)));
            if (field.Key is not null)
            {
                to.Text(field.Key);
            }

            to.Text(field.Text);
            Write(to, field.Items);
        }
    }

    private static bool TryRead(ref JournalDecoder from, int depth, out List<FactField> fields)
    {
        fields = [];
        if (!from.TryNumber(Fact.MaxFields + 1, out var count) || (count > 0 && depth == 0))
        {
            return false;
        }

        for (; count > 0; count--)
        {
            string? key = null;
            if (!from.TryByte(out var kind) || (kind & ~HasKey) > (byte)FactKind.Table || ((kind & HasKey) != 0 && !from.TryText(out key!))
                || !from.TryText(out var text) || !TryRead(ref from, depth - 1, out var items))
            {
                return false;
            }

            fields.Add(new FactField(key, (FactKind)(kind & ~HasKey), text, items));
        }

        return true;
    }
}
