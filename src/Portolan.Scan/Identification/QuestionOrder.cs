using System.Diagnostics.CodeAnalysis;

namespace Portolan.Scan.Identification;

/// <summary>
/// Which question goes next to a port: those of its usual protocols in their order; then the common ones, and once the request of HTTP
/// has been met with a close or
/// with silence, those first whose servers do the same with it.
/// </summary>
internal sealed class QuestionOrder
{
    private readonly ProbePlan _plan;
    private readonly List<ServiceProbe> _left;
    private int _usual;

    /// <summary>Begins with all of a plan's questions in clear.</summary>
    public QuestionOrder(ProbePlan plan) => (_plan, _left, _usual) = (plan, [.. plan.Plain], plan.UsualCount);

    /// <summary>The first question was put, or the first connection is over: TLS may be tried.</summary>
    public bool IsFirstOver { get; set; }

    /// <summary>A question was met with bytes, or with a close.</summary>
    public bool WasAnyAnswered { get; private set; }

    /// <summary>Takes the next question.</summary>
    public bool TryNext([NotNullWhen(true)] out ServiceProbe? probe)
    {
        probe = _left.Count == 0 ? null : _left[0];
        if (probe is null)
        {
            return false;
        }

        _left.RemoveAt(0);
        _usual = Math.Max(0, _usual - 1);
        return true;
    }

    /// <summary>A question was put, and the wait for its answer is over.</summary>
    public void HasReacted(ServiceProbe probe, Conversation conversation)
    {
        IsFirstOver = true;
        WasAnyAnswered |= conversation.IsEnded || !conversation.Reply.IsEmpty;
        if (!ReferenceEquals(probe, Protocols.HttpProtocol.Get) || !conversation.Reply.IsEmpty)
        {
            return;
        }

        var seen = conversation.IsEnded ? HttpReaction.Closes : HttpReaction.Waits;
        var common = _left[_usual..].OrderBy(one => _plan.ReactionOf(one) switch
        {
            var reaction when reaction == seen => 0,
            HttpReaction.Unknown => 1,
            _ => 2,
        }).ToList();
        _left.RemoveRange(_usual, _left.Count - _usual);
        _left.AddRange(common);
    }
}
