using System.Diagnostics.CodeAnalysis;
using Portolan.Scan.Identification.Protocols;

namespace Portolan.Scan.Identification;

/// <summary>
/// Which question goes next to a port: those of its usual protocols in their order; then the common ones. Once a question of another
/// protocol has been met with a close, a reset or silence, those come first whose servers do the same with it.
/// </summary>
internal sealed class QuestionOrder
{
    private readonly ProbePlan _plan;
    private readonly List<ServiceProbe> _left;
    private HttpReaction _toHttp;
    private HttpReaction _toLine;
    private bool? _wasReset;
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
        if (!conversation.Reply.IsEmpty)
        {
            return;
        }

        var seen = conversation.IsEnded ? HttpReaction.Closes : HttpReaction.Waits;
        if (ReferenceEquals(probe, HttpProtocol.Get))
        {
            _toHttp = seen;
            _wasReset = conversation.IsEnded ? conversation.WasReset : null;
        }
        else if (ReferenceEquals(probe, MemcachedProtocol.Version))
        {
            _toLine = seen;
        }
        else
        {
            return;
        }

        // Stable: what fits as well stays in its order.
        var common = _left[_usual..].OrderBy(question => _plan.KnownBy(question).Select(Misfit).DefaultIfEmpty(0).Min()).ToList();
        _left.RemoveRange(_usual, _left.Count - _usual);
        _left.AddRange(common);
    }

    // How badly a protocol fits what was seen; 0 where all of it is what its servers do.
    private int Misfit(ServiceProtocol protocol) =>
        (4 * Misfit(protocol.ToHttp, _toHttp)) + (4 * Misfit(protocol.ToLine, _toLine))
            + (_wasReset is { } reset && protocol.ClosesByReset is { } resets && reset != resets ? 3 : 0);

    private static int Misfit(HttpReaction usual, HttpReaction seen) =>
        seen == HttpReaction.Unknown || usual == seen ? 0 : usual == HttpReaction.Unknown ? 1 : 2;
}

/// <summary>What a server does with a question of another protocol. The next question to a port is chosen by it.</summary>
public enum HttpReaction : byte
{
    /// <summary>Not known, or not always the same.</summary>
    Unknown,

    /// <summary>It closes the connection without a word.</summary>
    Closes,

    /// <summary>It says nothing and waits for more.</summary>
    Waits,

    /// <summary>It says something, by which it is known then.</summary>
    Speaks,
}
