using Portolan.Firewall.Rendering.Headers;
using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Statements;
using Portolan.Firewall.Rules;

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
            ExpressionTexts.Write(this, _expressions[_index]);
        }

        // A value that nobody reads still ends the rule where it cannot be loaded; nft has no words for that.
        return new RenderedRule(string.Join(' ', _statements.Select(s => s.Text)), IsLoadable && !Registers.HasUnread);
    }

    /// <summary>Takes the next expression as written.</summary>
    public void SkipNext() => _index++;

    /// <summary>Adds a statement.</summary>
    public void Emit(Func<TermScope, string> write)
    {
        var scope = new TermScope(this);
        var text = write(scope);
        if (scope.Headers.Count > 0)
        {
            TakeBack(scope.Headers);
        }

        IsLoadable &= scope.IsLoadable;
        _statements.Add(new RuleStatement(text, Context, scope.Facts));
        Context = Context.With(scope.Facts);
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
    private void TakeBack(List<ProtocolHeader> headers)
    {
        for (var count = Math.Min(4, _statements.Count); count >= 0; count--)
        {
            var before = count == 0 ? Context : _statements[^count].Before;
            var needs = Needs(before, headers);
            if (needs.Count == count && Matches(needs, count))
            {
                // Behind the statements that stay, the same is known as with them, for nft adds them again.
                Context = before.With(needs);
                _statements.RemoveRange(_statements.Count - count, count);
                return;
            }
        }

        IsLoadable &= Needs(Context, headers).Count == 0;
    }

    private bool Matches(List<HeaderFact> needs, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (_statements[_statements.Count - count + i].Facts is not [var fact] || fact != needs[i])
            {
                return false;
            }
        }

        return true;
    }

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
    /// <param name="Before">What was known before it.</param>
    /// <param name="Facts">What it tells.</param>
    private sealed record RuleStatement(string Text, HeaderContext Before, IReadOnlyList<HeaderFact> Facts);
}
