using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Builds the tree of one YAML document. The text is hostile: depth, size and aliases are bounded.</summary>
internal sealed class TreeBuilder
{
    /// <summary>Lists and mappings inside each other.</summary>
    public const int MaximumDepth = 16;

    /// <summary>Values of a document, those behind aliases counted each time.</summary>
    public const int MaximumSize = 2_000_000;

    /// <summary>Aliases of a document.</summary>
    public const int MaximumAliases = 1000;

    private readonly Dictionary<string, TreeNode> _anchors = new(StringComparer.Ordinal);
    private readonly FaultList _faults;
    private readonly IParser _parser;

    // What was opened with a brace or bracket and is not closed yet.
    private readonly Stack<(char Sign, TreeScalar Place)> _open = [];
    private long _size;
    private int _aliases;

    private TreeBuilder(IParser parser, FaultList faults)
    {
        _parser = parser;
        _faults = faults;
    }

    /// <summary>The document's value; <c>null</c> when there is none, or the text is not YAML, which is then among the faults.</summary>
    public static TreeNode? Build(string text, FaultList faults)
    {
        var scanner = new Scanner(new StringReader(text), skipComments: true);
        var builder = new TreeBuilder(new Parser(scanner), faults);
        try
        {
            return builder.BuildDocument();
        }
        catch (TreeLimitException limit)
        {
            faults.Error(limit.At, limit.Message, limit.Hint);
        }
        catch (YamlException error)
        {
            builder.ReportDamage(text, error.Start, Lower(error.Message));
        }
#pragma warning disable CA1031 // The parser is not ours, and what it throws for damaged text is not only YamlException.
        catch (Exception error) when (error is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            builder.ReportDamage(text, scanner.CurrentPosition, "the text is damaged here");
        }

        return null;
    }

    private TreeNode? BuildDocument()
    {
        Next<StreamStart>();
        _parser.MoveNext();
        if (_parser.Current is StreamEnd)
        {
            return null;
        }

        _parser.MoveNext();
        var root = BuildNode(0);
        _parser.MoveNext();
        if (_parser.Current is not StreamEnd)
        {
            _faults.Error(Place(_parser.Current!.Start), "a second document begins here", $"a file holds one document");
            return null;
        }

        return root;
    }

    // The parser stands on the node's first event and is left behind its last.
    private TreeNode BuildNode(int depth)
    {
        var start = _parser.Current!;
        var place = Place(start.Start);
        Count(place, 1);
        if (depth >= MaximumDepth)
        {
            throw new TreeLimitException(place, "nested too deep", $"{MaximumDepth} levels are the most");
        }

        if (start is NodeEvent { Tag: { IsEmpty: false } tag } && !(tag.IsNonSpecific || (start as Scalar)?.IsQuotedImplicit == true))
        {
            _faults.Error(place, "tags are not used here", $"leave out {tag.Value}");
        }

        TreeNode node;
        switch (start)
        {
            case AnchorAlias alias:
                node = Follow(alias, place);
                _parser.MoveNext();
                return node;
            case Scalar scalar:
                node = new TreeScalar(place.Line, place.Column, scalar.Value, scalar.Style switch
                {
                    ScalarStyle.Plain => 0,
                    ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted => 1,
                    _ => -1,
                });
                _parser.MoveNext();
                break;
            case SequenceStart:
                node = BuildList(place, depth);
                break;
            case MappingStart:
                node = BuildMap(place, depth);
                break;
            default:
                throw new TreeLimitException(place, "a value is missing here", null);
        }

        if (start is NodeEvent { Anchor: { IsEmpty: false } anchor })
        {
            _anchors[anchor.Value] = node;
        }

        return node;
    }

    private TreeList BuildList(TreeScalar place, int depth)
    {
        var items = new List<TreeNode>();
        var isFlow = _parser.Current is SequenceStart { Style: SequenceStyle.Flow };
        Open(isFlow, '[', place);
        while (_parser.Current is not SequenceEnd)
        {
            items.Add(BuildNode(depth + 1));
        }

        Close(isFlow);
        return new TreeList(place.Line, place.Column, items);
    }

    private TreeMap BuildMap(TreeScalar place, int depth)
    {
        var entries = new List<(TreeScalar, TreeNode)>();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);

        // A pair in a list, [a: b], is a mapping without a brace, and the parser gives it no place.
        var isFlow = _parser.Current is MappingStart { Style: MappingStyle.Flow } start && (start.Start.Index > 0 || _open.Count == 0);
        Open(isFlow, '{', place);
        while (_parser.Current is not MappingEnd)
        {
            var key = BuildNode(depth + 1);
            var value = BuildNode(depth + 1);
            if (key is not TreeScalar name)
            {
                _faults.Error(key, $"a key is one word, not {key.Kind}");
            }
            else if (!seen.TryAdd(name.Text, name.Line))
            {
                _faults.Error(name, $"{FaultList.Quote(name.Text)} is written twice", $"the first is on line {seen[name.Text]}");
            }
            else
            {
                entries.Add((name, value));
            }
        }

        Close(isFlow);
        return new TreeMap(place.Line, place.Column, entries);
    }

    private void Open(bool isFlow, char sign, TreeScalar place)
    {
        if (isFlow)
        {
            _open.Push((sign, place));
        }

        _parser.MoveNext();
    }

    private void Close(bool isFlow)
    {
        if (isFlow)
        {
            _open.Pop();
        }

        _parser.MoveNext();
    }

    // An alias stands for what was built before it; what it is itself a part of is not built yet, so no circle can be.
    private TreeNode Follow(AnchorAlias alias, TreeScalar place)
    {
        if (++_aliases > MaximumAliases)
        {
            throw new TreeLimitException(place, "too many aliases", $"a file has at most {MaximumAliases}");
        }

        if (!_anchors.TryGetValue(alias.Value.Value, out var node))
        {
            _faults.Unknown(place, "no anchor before this is named", alias.Value.Value, _anchors.Keys);
            return new TreeScalar(place.Line, place.Column, "", 0);
        }

        Count(place, node.Size);
        return node;
    }

    private void Count(TreeScalar place, long more)
    {
        _size += more;
        if (_size > MaximumSize)
        {
            throw new TreeLimitException(
                place, string.Create(CultureInfo.InvariantCulture, $"more than {MaximumSize} values"),
                $"write hosts that are alike as one range of addresses, and use fewer aliases");
        }
    }

    private void Next<T>()
        where T : ParsingEvent
    {
        if (!_parser.MoveNext() || _parser.Current is not T)
        {
            throw new TreeLimitException(new TreeScalar(1, 1, "", 0), "not YAML", null);
        }
    }

    private static TreeScalar Place(Mark mark) =>
        new((int)Math.Clamp(mark.Line, 1, int.MaxValue), (int)Math.Clamp(mark.Column, 1, int.MaxValue), "", 0);

    private static string Lower(string message)
    {
        var text = message.TrimEnd('.', ' ');
        return text.Length == 0
            ? "the text is damaged here"
            : TerminalText.Escape(char.ToLowerInvariant(text[0]) + (text.Length <= 200 ? text[1..] : text[1..200]));
    }

    // The commonest cause that the parser's own words do not name: a line from there on that is indented with a tab.
    private void ReportDamage(string text, Mark mark, string reason)
    {
        var number = 1;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (number >= mark.Line - 1 && line[..^line.TrimStart().Length].Contains('\t'))
            {
                _faults.Error(new TreeScalar(number, 1, "", 0), "indented with a tab", $"indent with spaces: YAML wants them");
                return;
            }

            number++;
        }

        _faults.Error(
            Place(mark),
            $"not YAML: {reason}",
            _open.TryPeek(out var open)
                ? Advice.Of($"is a {Sign(open.Sign == '{' ? '}' : ']')} missing? The {Sign(open.Sign)} of line {open.Place.Line}, column "
                    + $"{open.Place.Column} is not closed")
                : null);
    }

    private static Advice Sign(char sign) => Advice.Prose(sign.ToString());

    private sealed class TreeLimitException(TreeNode at, string message, Advice? hint) : Exception(message)
    {
        public TreeNode At => at;

        public Advice? Hint => hint;
    }
}
