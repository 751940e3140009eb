using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Ports;

/// <summary>
/// What rules asked about the destination port of a query, and were answered: any other port with the same answers has the same fate,
/// but for the rules that decide it, which may be others that do the same.
/// </summary>
/// <remarks>For one query; not for several threads at once.</remarks>
/// <param name="port">The port of the query.</param>
public sealed class PortTrace(ushort port)
{
    /// <summary>More questions are not kept: the answer is used for ports near by alone then.</summary>
    internal const int MaximumQuestions = 512;

    private readonly HashSet<IPortQuestion> _asked = [];
    private readonly List<(IPortQuestion Question, int Answer)> _path = [];
    private readonly List<RuleReference> _rules = [];
    private PortStretch _span = PortStretch.All;

    /// <summary>The port.</summary>
    public ushort Port { get; } = port;

    /// <summary>The last of the ports from this one on that have the same answers.</summary>
    public ushort Last => _span.Last;

    /// <summary>Whether another port may have the same answers.</summary>
    public bool IsShared { get; private set; } = true;

    /// <summary>The questions in the order in which they were asked, with their answers; <c>null</c> where they were too many.</summary>
    internal IReadOnlyList<(IPortQuestion Question, int Answer)>? Path => _path.Count < MaximumQuestions ? _path : null;

    /// <summary>
    /// The rules about the port, in the order of the questions; another port with the same answers has others in their place.
    /// </summary>
    internal IReadOnlyList<RuleReference> Rules => _rules;

    private bool IsAlone(IPortQuestion question)
    {
        var alike = PortStretch.All;
        _ = question.Answer(Port, ref alike);
        return alike.First == alike.Last;
    }

    /// <summary>Asks whether it is this port.</summary>
    public void Compare(ushort other) => Ask(new IsAmongPorts(PortStretch.Of(other)));

    /// <summary>Asks a question.</summary>
    internal void Ask(IPortQuestion question)
    {
        var answer = question.Answer(Port, ref _span);
        if (_path.Count >= MaximumQuestions || !_asked.Add(question))
        {
            return;
        }

        _path.Add((question, answer));
        IsShared = IsShared && (question.IsShared(answer) || !IsAlone(question));
        if (question is PortIndex index)
        {
            // That these are passed is part of the answer.
            _asked.UnionWith(index.TestsOf(Port));
            _rules.AddRange(index.RulesAbout(Port).Select(static rule => rule.Reference));
        }
    }
}
