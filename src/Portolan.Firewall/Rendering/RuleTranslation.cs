using Portolan.Firewall.Rendering.Headers;
using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Statements;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering;

/// <summary>
/// One rule on its way from bytecode to text. Its expressions are walked in order: loads are kept in registers, and what uses them
/// becomes a statement. Matches that nft puts before a field by itself, such as that on the protocol before <c>tcp dport</c>, are
/// taken back when the field is written; only when nft would put exactly these.
/// </summary>
internal sealed class RuleTranslation
{
    private readonly List<RuleStatement> _statements = [];
    private readonly IReadOnlyList<Expression> _expressions;
    private int _index;
    private Expression? _current;

    /// <summary>Takes the expressions of a rule of a table.</summary>
    public RuleTranslation(TableNames names, IReadOnlyList<Expression> expressions, RuleTextOptions options, int depth)
    {
        Names = names;
        Options = options;
        Depth = depth;
        Context = HeaderContext.Of(names.Table.Family);
        _expressions = expressions;
    }

    /// <summary>The names of the table.</summary>
    public TableNames Names { get; }

    /// <summary>The table.</summary>
    public RuleTable Table => Names.Table;

    /// <summary>How it is to be written.</summary>
    public RuleTextOptions Options { get; }

    /// <summary>How deep in chains inside of rules it stands.</summary>
    public int Depth { get; }

    /// <summary>What is known about headers at this place.</summary>
    public HeaderContext Context { get; private set; }

    /// <summary>The registers.</summary>
    public RegisterFile Registers { get; } = new();

    /// <summary>Whether nft reads the text to the same rule.</summary>
    public bool IsLoadable { get; private set; } = true;

    /// <summary>The expression behind the one that is being written, or <c>null</c>.</summary>
    public Expression? Next => _index + 1 < _expressions.Count ? _expressions[_index + 1] : null;

    /// <summary>Writes the rule.</summary>
    public RenderedRule Write()
    {
        for (_index = 0; _index < _expressions.Count; _index++)
        {
            _current = _expressions[_index];
            ExpressionTexts.Write(this, _current);
        }

        // A value that nobody reads still ends the rule where it cannot be loaded; nft has no words for that.
        var text = string.Join(' ', _statements.Select(s => s.Text));
        return new RenderedRule(text, IsLoadable && !Registers.HasUnread)
        {
            Parts = [.. _statements.Select(static s => new RulePart(s.Text, s.Kind))],
        };
    }

    /// <summary>Takes the next expression as written.</summary>
    public void SkipNext() => _index++;

    /// <summary>Adds a statement.</summary>
    public void Emit(Func<TermScope, string> write)
    {
        var scope = new TermScope(this);
        var text = write(scope);
        var before = Context;
        IReadOnlyList<HeaderFact> implied = scope.Headers.Count > 0 ? TakeBack(scope.Headers, ref before) : [];
        IsLoadable &= scope.IsLoadable;
        _statements.Add(new RuleStatement(text, KindOf(_current, scope), before, [.. implied, .. scope.Facts], scope.IsFactOnly));
        Context = before.With(implied).With(scope.Facts);
    }

    /// <summary>Adds a statement of which nothing is to be known.</summary>
    public void Emit(string text) => Emit(_ => text);

    /// <summary>Adds an expression that cannot be written in nft's language.</summary>
    public void EmitForeign(Expression expression, string? why = null)
    {
        IsLoadable = false;
        Emit($"[expression \"{expression.KernelName}\"{(why is null ? "" : $" {why}")}]");
    }

    /// <summary>The set of a name, or <c>null</c>.</summary>
    public ElementSet? FindSet(string name) => Names.FindSet(name);

    /// <summary>
    /// Takes back the last statements if they are what nft puts before fields of these headers. Where the headers are not known at
    /// all, as in rules that nft did not make, nft would add what was not there: then the text does not load to the same rule.
    /// </summary>
    /// <returns>What they told.</returns>
    private List<HeaderFact> TakeBack(List<ProtocolHeader> headers, ref HeaderContext before)
    {
        for (var count = Math.Min(4, _statements.Count); count >= 0; count--)
        {
            var start = count == 0 ? Context : _statements[^count].Before;
            var needs = Needs(start, headers);
            if (Matches(needs, count))
            {
                _statements.RemoveRange(_statements.Count - count, count);
                before = start;
                return needs;
            }
        }

        IsLoadable = false;
        return [];
    }

    // A statement reports what was taken back for its sake, too.
    private bool Matches(List<HeaderFact> needs, int count)
    {
        var next = 0;
        for (var i = _statements.Count - count; i < _statements.Count; i++)
        {
            if (!_statements[i].IsFactOnly)
            {
                return false;
            }

            foreach (var fact in _statements[i].Facts)
            {
                if (next >= needs.Count || needs[next++] != fact)
                {
                    return false;
                }
            }
        }

        return next == needs.Count;
    }

    private static RulePartKind KindOf(Expression? expression, TermScope scope) => expression switch
    {
        ImmediateExpression or RejectExpression or QueueExpression or NatExpression or MasqueradeExpression or RedirectExpression
            or TransparentProxyExpression or NoTrackExpression or XtTargetExpression or LookupExpression { Destination: not null } =>
            RulePartKind.Verdict,
        CounterExpression or LogExpression or LastExpression or MetaWriteExpression or ConnectionTrackingWriteExpression
            or PayloadWriteExpression or ExtensionHeaderExpression { Destination: null } or FlowOffloadExpression or DuplicateExpression
            or ForwardExpression
            or SynProxyExpression or ObjectReferenceExpression { Kind: not (ObjectKind.Limit or ObjectKind.Quota) } =>
            RulePartKind.Statement,
        CompareExpression or RangeExpression or LookupExpression => scope.Kind,
        _ => RulePartKind.Match,
    };

    private static List<HeaderFact> Needs(HeaderContext context, List<ProtocolHeader> headers)
    {
        var needs = new List<HeaderFact>();
        foreach (var header in headers)
        {
            var more = context.Needs(header);
            needs.AddRange(more);
            context = context.With(more);
        }

        return needs;
    }

    /// <summary>A statement that is written.</summary>
    /// <param name="Text">Its words.</param>
    /// <param name="Kind">What it is.</param>
    /// <param name="Before">What was known before it.</param>
    /// <param name="Facts">What it tells.</param>
    /// <param name="IsFactOnly">Whether it does nothing else.</param>
    private sealed record RuleStatement(
        string Text, RulePartKind Kind, HeaderContext Before, IReadOnlyList<HeaderFact> Facts, bool IsFactOnly);
}
