using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>The parts of a key: one operand, or several that are concatenated.</summary>
internal static class KeyOperands
{
    /// <summary>The parts as they are written.</summary>
    public static IReadOnlyList<Term> Resolve(IReadOnlyList<Operand> key, TermScope scope, ElementSet? set)
    {
        var types = set is null ? null : Values.DataTypes.Parts(set.KeyType);
        var terms = new List<Term>(key.Count);
        for (var i = 0; i < key.Count; i++)
        {
            terms.Add(key[i].ResolveKey(scope, types is not null && types.Count == key.Count ? types[i] : null));
        }

        return terms;
    }

    /// <summary><c>ip saddr . tcp dport</c>.</summary>
    public static string Text(IReadOnlyList<Term> terms) => string.Join(" . ", terms.Select(t => t.Text));
}
