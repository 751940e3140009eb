using System.Globalization;
using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Statements;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Rendering.Iptables;

/// <summary>
/// A rule of iptables as iptables-save writes it, without <c>-A CHAIN</c> in front: <c>-p tcp -m conntrack --ctstate NEW -j ACCEPT</c>.
/// </summary>
internal sealed class XtRuleText
{
    private readonly RuleTable _table;
    private readonly RuleTextOptions _options;
    private readonly RegisterFile _registers = new();
    private readonly IptablesWords _words;
    private string? _comment;

    private XtRuleText(RuleTable table, RuleTextOptions options)
    {
        _table = table;
        _options = options;
        _words = new IptablesWords(table.Family);
    }

    /// <summary>Whether a rule is one of iptables: nft has no words for its matches and targets.</summary>
    public static bool IsForeign(RuleTable table, Rule rule)
    {
        if (table.IsLegacy)
        {
            return true;
        }

        foreach (var expression in rule.Expressions)
        {
            if (expression is XtMatchExpression or XtTargetExpression or IpHeaderMatchExpression)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The text; <c>null</c> where the rule holds what iptables does not make.</summary>
    public static IReadOnlyList<RulePart>? Of(RuleTable table, Rule rule, RuleTextOptions options)
    {
        var text = new XtRuleText(table, options)
        {
            _comment = rule.Expressions.Any(e => e is XtMatchExpression { Match: CommentMatch }) ? null : rule.Comment,
        };
        for (var i = 0; i < rule.Expressions.Count; i++)
        {
            var next = i + 1 < rule.Expressions.Count ? rule.Expressions[i + 1] : null;
            if (!text.Write(rule.Expressions[i], next, ref i))
            {
                return null;
            }
        }

        return text._registers.HasUnread ? null : text._words.All;
    }

    private bool Write(Expression expression, Expression? next, ref int index)
    {
        switch (expression)
        {
            case CounterExpression:
                return true;
            case IpHeaderMatchExpression e:
                _words.AddHeader(e);
                return true;
            case XtMatchExpression e:
                _words.Add(XtMatchText.Of(e, _table.Family, _options), XtMatchText.KindOf(e.Match));
                return true;
            case XtTargetExpression e:
                AddComment();
                _words.Add(XtTargetText.Of(e, _table.Family, _options), RulePartKind.Verdict);
                return true;
            case PayloadExpression e:
                _registers.Load(e.Destination, new PayloadOperand(e.Base, e.Offset, e.Length));
                return true;
            case MetaExpression e:
                _registers.Load(e.Destination, new MetaOperand(e.Key));
                return true;
            case BitwiseExpression { Operation: BitwiseOperation.MaskXor } e when _registers.Read(e.Source) is { } operand:
                _registers.Load(e.Destination, new MaskedOperand(operand, e.Mask, e.Xor));
                return true;
            case CompareExpression e when _registers.Read(e.Source) is { } operand:
                if (e.Operation == CompareOperation.GreaterOrEqual
                    && next is CompareExpression { Operation: CompareOperation.LessOrEqual } last && last.Source == e.Source)
                {
                    index++;
                    return _words.TryAddRange(operand, e.Data.Span, last.Data.Span, isInverted: false);
                }

                return _words.TryAdd(operand, e.Operation, e.Data.Span);
            case RangeExpression e when _registers.Read(e.Source) is { } operand:
                return _words.TryAddRange(operand, e.From.Span, e.To.Span, e.Inverted);
            case LimitExpression e:
                return TryAddLimit(e);
            case LogExpression { Group: { } group } e:
                AddComment();
                _words.Add(XtTargetText.NetlinkLog(group, e.Prefix ?? "", e.SnapLength, e.QueueThreshold ?? 0), RulePartKind.Verdict);
                return true;
            case ImmediateExpression { Verdict: { } verdict }:
                return TryAddVerdict(verdict);
            default:
                return false;
        }
    }

    private bool TryAddLimit(LimitExpression limit)
    {
        var unit = limit.PerSeconds switch { 1 => "sec", 60 => "min", 3600 => "hour", 86_400 => "day", _ => null };
        if (unit is null || limit.IsBytes || limit.IsOver)
        {
            return false;
        }

        _words.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"-m limit --limit {limit.Rate}/{unit}{(limit.Burst == 5 ? "" : $" --limit-burst {limit.Burst}")}"), RulePartKind.Match);
        return true;
    }

    private bool TryAddVerdict(RuleVerdict verdict)
    {
        var text = verdict.Kind switch
        {
            VerdictKind.Accept => "-j ACCEPT",
            VerdictKind.Drop => "-j DROP",
            VerdictKind.Return => "-j RETURN",
            VerdictKind.Jump => $"-j {IptablesWords.Word(verdict.Chain ?? "")}",
            VerdictKind.Goto => $"-g {IptablesWords.Word(verdict.Chain ?? "")}",
            VerdictKind.Continue => "",
            VerdictKind.Queue => "-j QUEUE",
            _ => null,
        };
        if (text is null)
        {
            return false;
        }

        AddComment();
        _words.Add(text, RulePartKind.Verdict);
        return true;
    }

    // Later versions of iptables keep it beside the rule, and not as a match.
    private void AddComment()
    {
        if (_comment is { Length: > 0 } comment)
        {
            _words.Add($"-m comment --comment {IptablesWords.Quoted(comment)}", RulePartKind.Statement);
            _comment = null;
        }
    }

    /// <summary>A fact about the packet by its key.</summary>
    internal sealed class MetaOperand(MetaKey key)
        : Operand(key is MetaKey.InputInterfaceName or MetaKey.OutputInterfaceName ? 16 : key == MetaKey.TransportProtocol ? 1 : 4)
    {
        /// <summary>The key.</summary>
        public MetaKey Key { get; } = key;

        /// <inheritdoc/>
        public override Term Resolve(TermScope scope, Values.DataType? expected = null) => MetaText.Operand(Key).Resolve(scope, expected);
    }
}
