using System.Globalization;

namespace Portolan.Lab.Topology.Reading;

/// <summary>Gathers the faults of one text.</summary>
internal sealed class FaultList
{
    /// <summary>More are not kept, because they are not read.</summary>
    public const int Most = 500;

    private readonly List<TopologyFault> _faults = [];

    /// <summary>Whether one of them is an error.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>Whether no more are kept, so that finding hints for them is work for nothing.</summary>
    public bool IsFull => _faults.Count >= Most;

    /// <summary>The faults by place; the same fault at one place once.</summary>
    public IReadOnlyList<TopologyFault> ByPlace => [.. _faults.Distinct().OrderBy(f => f.Line).ThenBy(f => f.Column)];

    /// <summary>Adds an error.</summary>
    public void Error(TreeNode at, string message, Advice? hint = null) => Add(new TopologyFault(at.Line, at.Column, message, hint));

    /// <summary>Adds a warning.</summary>
    public void Warn(TreeNode at, string message, Advice? hint = null) =>
        Add(new TopologyFault(at.Line, at.Column, message, hint, IsWarning: true));

    /// <summary>Adds an error about an unknown word, with the nearest that is known, or all when they are few.</summary>
    public void Unknown(TreeNode at, string what, string word, IReadOnlyCollection<string> known) =>
        Error(at, $"{what} {Quote(word)}", IsFull ? null : Suggest(word, known));

    /// <summary>What to say of a word that is not among those known.</summary>
    public static Advice? Suggest(string word, IReadOnlyCollection<string> known) => NearestWord.Find(word, known) switch
    {
        { } near => $"did you mean {near}?",
        null when known.Count == 1 => $"there is {known.First()}",
        null when known.Count is > 0 and <= 24 => $"there are {Advice.List(known)}",
        _ => null,
    };

    /// <summary>Text of the file between quotes: short, and safe to print.</summary>
    public static string Quote(string text) => $"'{Shown(text)}'";

    /// <summary>Text of the file: short, and safe to print.</summary>
    public static string Shown(string text) => TerminalText.Escape(text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 57), "..."));

    private void Add(TopologyFault fault)
    {
        HasErrors |= !fault.IsWarning;
        if (_faults.Count < Most)
        {
            _faults.Add(fault);
        }
        else if (_faults.Count == Most)
        {
            _faults.Add(new TopologyFault(int.MaxValue, 1, "there are more faults than are shown"));
        }
    }
}

/// <summary>Something wrong, or doubtful, in a topology's text.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Message">What is wrong, without a full stop; safe to print.</param>
/// <param name="Hint">What to write instead; <c>null</c> when unknown.</param>
/// <param name="IsWarning">Whether the topology can be run nevertheless.</param>
public sealed record TopologyFault(int Line, int Column, string Message, Advice? Hint = null, bool IsWarning = false)
{
    /// <summary><c>12:5: no network is named 'offise'; did you mean 'office'?</c></summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Line}:{Column}: {(IsWarning ? "warning: " : "")}{Message}{(Hint is null ? "" : $"; {Hint}")}");
}
