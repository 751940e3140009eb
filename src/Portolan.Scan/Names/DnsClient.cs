using Portolan.Packets;

namespace Portolan.Scan.Names;

/// <summary>
/// Asks DNS servers: one question at a time, truncated answers again over TCP, silent servers passed over. Safe to use from several
/// threads.
/// </summary>
public sealed class DnsClient
{
    private const int MaxQuery = 512;

    private readonly IDnsTransport _transport;
    private readonly TimeProvider _time;
    private readonly Func<ushort> _nextId;
    private int _turn;

    /// <summary>Makes a client.</summary>
    /// <param name="settings">Servers and patience.</param>
    /// <param name="transport">How they are reached.</param>
    /// <param name="time">The clock.</param>
    /// <param name="nextId">Numbers that cannot be guessed (RFC 5452 section 9.2), such as those of
    /// <see cref="System.Security.Cryptography.RandomNumberGenerator"/>.</param>
    public DnsClient(ResolverSettings settings, IDnsTransport transport, TimeProvider time, Func<ushort> nextId)
    {
        Settings = settings;
        _transport = transport;
        _time = time;
        _nextId = nextId;
    }

    /// <summary>Servers and patience.</summary>
    public ResolverSettings Settings { get; }

    /// <summary>Asks the servers in turn until one knows, or says that there is nothing.</summary>
    /// <param name="name">The name in ASCII; <see cref="ReverseName"/> for an address.</param>
    /// <param name="type">Which records.</param>
    /// <param name="steps">Gets what was done, step by step; the last is what counts. Empty when the name is none, or there are no
    /// servers.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The last step, or <c>null</c> when nothing could be asked.</returns>
    public async Task<DnsStep?> AskAsync(string name, DnsType type, ICollection<LookupStep> steps, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var servers = Settings.Servers;
        var start = Settings.Rotate && servers.Count > 0 ? (int)((uint)Interlocked.Increment(ref _turn) % (uint)servers.Count) : 0;
        DnsStep? last = null;
        for (var attempt = 0; attempt < Settings.Attempts; attempt++)
        {
            for (var i = 0; i < servers.Count; i++)
            {
                var step = await AskAsync(servers[(start + i) % servers.Count], name, type, steps, cancellation);
                if (step is null || step.Outcome is DnsOutcome.Answered or DnsOutcome.NoData or DnsOutcome.NoSuchName)
                {
                    return step;
                }

                // A refusal says more than the silence of the next.
                last = last is null || step.Outcome is DnsOutcome.Failed || last.Outcome is not DnsOutcome.Failed ? step : last;
            }
        }

        return last;
    }

    /// <summary>Asks one server: over UDP, and over TCP when the answer was truncated; without EDNS0 when it is not understood.</summary>
    /// <returns>The last step, or <c>null</c> when the text is not a name.</returns>
    public async Task<DnsStep?> AskAsync(
        DnsServer server, string name, DnsType type, ICollection<LookupStep> steps, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var step = await AskOnceAsync(server, name, type, Settings.AlwaysTcp ? DnsCarrier.Tcp : DnsCarrier.Udp, edns: true, cancellation);
        Add(steps, step);

        // RFC 6891 section 7: an old server answers FORMERR to what it does not know.
        if (step is
            {
                Outcome: DnsOutcome.Failed,
                Answer.Code: DnsResponseCode.FormatError or DnsResponseCode.NotImplemented or DnsResponseCode.BadVersion
            })
        {
            step = await AskOnceAsync(server, name, type, step.Carrier, edns: false, cancellation);
            Add(steps, step);
        }

        if (step is { Outcome: DnsOutcome.Truncated })
        {
            step = await AskOnceAsync(server, name, type, DnsCarrier.Tcp, edns: true, cancellation);
            Add(steps, step);
        }

        return step;
    }

    private static void Add(ICollection<LookupStep> steps, DnsStep? step)
    {
        if (step is not null)
        {
            lock (steps)
            {
                steps.Add(step);
            }
        }
    }

    private async Task<DnsStep?> AskOnceAsync(
        DnsServer server, string name, DnsType type, DnsCarrier carrier, bool edns, CancellationToken cancellation)
    {
        var query = new byte[MaxQuery];
        if (!DnsWriter.TryWriteQuery(query, _nextId(), name, type, out var length, edns: edns))
        {
            return null;
        }

        var question = query.AsMemory(0, length);
        DnsAnswer? answer = null;
        var started = _time.GetTimestamp();
        var reply = await _transport.AskAsync(
            server, carrier, question, bytes => DnsAnswer.TryRead(bytes.Span, question.Span, out answer), Settings.Timeout, cancellation);
        var outcome = reply.Answer is null
            ? reply.Error is null ? DnsOutcome.TimedOut : DnsOutcome.Unreachable
            : Judge(answer!, name, type, carrier);
        return new DnsStep(
            server, name, type, carrier, outcome, reply.Answer is null ? null : answer, reply.Rejected, reply.Error,
            _time.GetElapsedTime(started))
        { WasSent = reply.WasSent };
    }

    private static DnsOutcome Judge(DnsAnswer answer, string name, DnsType type, DnsCarrier carrier)
    {
        if (answer.IsTruncated && carrier == DnsCarrier.Udp)
        {
            return DnsOutcome.Truncated;
        }

        if (answer.Code is not (DnsResponseCode.NoError or DnsResponseCode.NameError) || answer.IsReferral)
        {
            return DnsOutcome.Failed;
        }

        foreach (var _ in answer.Of(name, type))
        {
            return DnsOutcome.Answered;
        }

        return answer.Code == DnsResponseCode.NameError ? DnsOutcome.NoSuchName : DnsOutcome.NoData;
    }
}
