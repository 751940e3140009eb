using Portolan.Sockets.Filtering.Predicates;
using Portolan.Sockets.Filtering.Syntax;

namespace Portolan.Sockets.Filtering;

/// <summary>
/// A filter of <c>portolan list</c>: read once, then asked about each socket without allocating. docs/filters.md describes the language.
/// </summary>
/// <remarks>
/// In order: <see cref="Pushdown"/> narrows what the kernel copies; <see cref="CouldMatch"/> drops what the entry alone rules out, before
/// owners are looked for; <see cref="Judge"/> with all facts decides. Safe for use by several threads.
/// </remarks>
public sealed class SocketFilter
{
    private readonly SocketTest _test;
    private FilterPushdown? _pushdown;

    private SocketFilter(string text, FilterNode? syntax, SocketTest test)
    {
        Text = text;
        Syntax = syntax;
        _test = test;
    }

    /// <summary>The filter that matches every socket: what no words at all mean.</summary>
    public static SocketFilter Everything { get; } = new("", null, ConstantTest.Yes);

    /// <summary>The filter as it was typed, words joined with spaces.</summary>
    public string Text { get; }

    /// <summary>The filter as a tree, or <c>null</c> for <see cref="Everything"/>; its text is canonical.</summary>
    public FilterNode? Syntax { get; }

    /// <summary>The facts beyond the entry that <see cref="Judge"/> wants.</summary>
    public FilterNeeds Needs => _test.Needs;

    /// <summary>What the kernel can be told. Worked out when first asked for.</summary>
    public FilterPushdown Pushdown => _pushdown ??= FilterPushdown.Of(_test);

    /// <summary>
    /// Whether the filter speaks of states, protocols or families, or of bound sockets: a command then shows what the filter asks for
    /// rather than its own default.
    /// </summary>
    public FilterMentions Mentions => Syntax is null ? default : FilterMentions.In(Syntax);

    /// <summary>Reads a filter from the words of a command line, or from one string in a list of its own.</summary>
    public static bool TryParse(IReadOnlyList<string> words, FilterNames names, out SocketFilter filter, out FilterError? error)
    {
        var text = string.Join(' ', words);
        filter = Everything;
        if (!FilterParser.TryParse(text, out var node, out error) || node is null)
        {
            return error is null;
        }

        if (!FilterCompiler.TryCompile(text, node, names, out var test, out error))
        {
            return false;
        }

        filter = new SocketFilter(text, node, test);
        return true;
    }

    /// <summary>Reads a filter.</summary>
    /// <exception cref="PortolanException">It is wrong; the message shows where. Exit code <see cref="ExitCode.Usage"/>.</exception>
    public static SocketFilter Parse(IReadOnlyList<string> words, FilterNames names) =>
        TryParse(words, names, out var filter, out var error) ? filter : throw error!.ToException();

    /// <summary>Whether a socket matches, as far as the facts in <paramref name="context"/> tell.</summary>
    public FilterResult Judge(in SocketEntry entry, FilterContext context) => _test.Judge(entry, context);

    /// <summary>The cheap part: whether the entry alone leaves a match possible.</summary>
    public bool CouldMatch(in SocketEntry entry) => _test.Judge(entry, FilterContext.EntryOnly) != FilterResult.No;
}

/// <summary>Whether a socket matches, in Kleene's three-valued logic: and = smallest, or = largest, not = the other side.</summary>
public enum FilterResult : byte
{
    /// <summary>It does not match, whatever the unknown facts are.</summary>
    No = 0,

    /// <summary>It depends on facts that are hidden or were not looked for.</summary>
    Unknown = 1,

    /// <summary>It matches, whatever the unknown facts are.</summary>
    Yes = 2,
}
