using Portolan.Firewall.Rendering.Iptables;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>Writes the rules of one table as text.</summary>
public sealed class RuleWriter
{
    /// <summary>Chains inside of rules are written down to this depth; the kernel allows 16 (NFT_JUMP_STACK_SIZE).</summary>
    internal const int MostDepth = 16;

    private readonly TableNames _names;
    private readonly RuleTextOptions _options;
    private readonly int _depth;

    /// <summary>Takes the table.</summary>
    public RuleWriter(RuleTable table, RuleTextOptions options)
        : this(new TableNames(table), options, 0)
    {
    }

    internal RuleWriter(TableNames names, RuleTextOptions options, int depth)
    {
        _names = names;
        _options = options;
        _depth = depth;
    }

    /// <summary>The rule as text, its comment too.</summary>
    public RenderedRule Write(Rule rule)
    {
        if (_depth == 0)
        {
            _names.Inlined.Clear();
        }

        // nft has no words for what iptables makes; where other expressions stand beside it, each is shown in its own language.
        if (XtRuleText.IsForeign(_names.Table, rule) && XtRuleText.Of(_names.Table, rule, _options) is { } words)
        {
            return new RenderedRule(string.Join(' ', words.Select(static w => w.Text)), IsLoadable: false) { Parts = words };
        }

        var body = new RuleTranslation(_names, rule.Expressions, _options, _depth).Write();
        if (rule.Comment is not { Length: > 0 } comment)
        {
            return body;
        }

        return body with
        {
            Text = $"{body.Text}{(body.Text.Length > 0 ? " " : "")}comment {QuotedText.Of(comment)}",
            IsLoadable = body.IsLoadable && QuotedText.CanHold(comment),
        };
    }
}
