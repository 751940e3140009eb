namespace Portolan.Forwarding.Udp;

/// <summary>
/// The answers that a flow of datagrams still waits for: as many as <c>--responses</c> says for each datagram of the client, else those of
/// DNS questions that are open. A flow that carries anything else is never over before its idle time.
/// </summary>
/// <remarks>
/// A question that is asked again with its id is open once. One id may ask for two types at once, as of A and AAAA, or for two names: each
/// counts. A client with more open questions than <see cref="MostQuestions"/> keeps one socket for many: its flow is then like any other.
/// </remarks>
/// <param name="responses">Answers to each datagram of the client; <c>null</c> where only DNS is recognised.</param>
internal struct Exchange(int? responses)
{
    /// <summary>More open questions are not remembered.</summary>
    public const int MostQuestions = 256;

    private readonly int _responses = responses ?? -1;
    private Kind _kind = responses is null ? Kind.Unknown : Kind.Counted;
    private long _awaited;
    private ulong[] _questions = [];

    private enum Kind : byte
    {
        Unknown,
        Counted,
        Dns,
        Other,
    }

    /// <summary>Whether it is known which answers are to come.</summary>
    public readonly bool IsKnown => _kind is Kind.Counted or Kind.Dns;

    /// <summary>Whether all answers have come.</summary>
    public readonly bool IsOver => IsKnown && _awaited == 0;

    /// <summary>The client has sent a datagram.</summary>
    public void Asked(ReadOnlySpan<byte> datagram)
    {
        switch (_kind)
        {
            case Kind.Counted:
                _awaited += _responses;
                break;
            case Kind.Unknown or Kind.Dns when DnsTalk.TryReadQuestion(datagram, out var key) && TryRemember(key):
                _kind = Kind.Dns;
                break;
            default:
                BecomeOther();
                break;
        }
    }

    /// <summary>The target has sent a datagram.</summary>
    public void Answered(ReadOnlySpan<byte> datagram)
    {
        switch (_kind)
        {
            case Kind.Counted:
                _awaited = Math.Max(0, _awaited - 1);
                break;
            case Kind.Dns when DnsTalk.TryReadAnswer(datagram, out var key, out var hasQuestion):
                Forget(key, hasQuestion);
                break;
            default:
                BecomeOther();
                break;
        }
    }

    private bool TryRemember(ulong key)
    {
        if (Open.Contains(key))
        {
            return true;
        }

        if (_awaited == MostQuestions)
        {
            return false;
        }

        if (_awaited == _questions.Length)
        {
            Array.Resize(ref _questions, Math.Max(2, _questions.Length * 2));
        }

        _questions[_awaited++] = key;
        return true;
    }

    private void Forget(ulong key, bool hasQuestion)
    {
        for (var i = (int)_awaited - 1; i >= 0; i--)
        {
            if (_questions[i] == key || (!hasQuestion && DnsTalk.HaveSameId(_questions[i], key)))
            {
                _questions[i] = _questions[--_awaited];
            }
        }
    }

    private readonly Span<ulong> Open => _questions.AsSpan(0, (int)_awaited);

    private void BecomeOther() => (_kind, _questions) = (Kind.Other, []);
}
