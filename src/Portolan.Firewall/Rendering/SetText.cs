using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>How a rule refers to a set: by its name, or with its elements where it was made inside of the rule.</summary>
internal static class SetText
{
    /// <summary>The reference.</summary>
    /// <param name="scope">The statement.</param>
    /// <param name="name">The set's name.</param>
    /// <param name="set">The set, where it was read.</param>
    /// <param name="key">The parts of the key that is looked up.</param>
    /// <param name="data">The type that a map's value is used as, or <c>null</c>.</param>
    public static string Reference(TermScope scope, string name, ElementSet? set, IReadOnlyList<Term> key, DataType? data = null)
    {
        if (set is null || !set.Flags.HasFlag(SetFlags.Anonymous))
        {
            scope.IsLoadable &= set is not null && QuotedText.IsPlain(name);
            return $"@{QuotedText.Name(name)}";
        }

        var layout = new ElementLayout(ElementLayout.PartsOf(key, set), ElementLayout.DataOf(set, data));
        var elements = new ElementWriter(set, layout, scope.Options, scope.Depth).Write();
        scope.IsLoadable &= elements.AreLoadable;
        return elements.Texts.Count == 0 ? "{ }" : $"{{ {string.Join(", ", elements.Texts)} }}";
    }
}
