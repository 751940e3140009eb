using Portolan.Scan.Checking;

namespace Portolan.Scan.Identification;

/// <summary>Datagrams to one UDP port, one question after the other. Bounded in number and in time by the port's limits.</summary>
public sealed class DatagramExchange
{
    private readonly ICheckSockets _sockets;
    private readonly IdentifySettings _settings;
    private readonly PortBudget _budget;

    internal DatagramExchange(ServiceTarget target, ICheckSockets sockets, IdentifySettings settings, PortBudget budget) =>
        (Target, _sockets, _settings, _budget) = (target, sockets, settings, budget);

    /// <summary>Whom it is with.</summary>
    public ServiceTarget Target { get; }

    /// <summary>How many questions were put.</summary>
    public int Asked { get; private set; }

    /// <summary>The port refuses datagrams.</summary>
    internal bool IsRefused { get; private set; }

    /// <summary>No question is left.</summary>
    internal bool IsOver => _budget.IsOver || IsRefused || _budget.NotSent is not null;

    /// <summary>Puts several questions in one round, one datagram after the other, and all of them twice.</summary>
    /// <param name="probes">The questions.</param>
    /// <param name="accepts">Whether a datagram that came ends the round.</param>
    /// <returns>The datagram that ended it; empty where none did.</returns>
    internal async Task<ReadOnlyMemory<byte>> AskTogetherAsync(
        IReadOnlyList<ServiceProbe> probes, Func<ReadOnlyMemory<byte>, bool> accepts)
    {
        foreach (var probe in probes)
        {
            _budget.Tell(Target, probe);
        }

        Asked++;
        List<ReadOnlyMemory<byte>> bytes = [.. probes.Select(probe => probe.BytesFor(Target))];
        return await SendAsync(
            limit => _sockets.ExchangeAsync(Target.Socket, [.. bytes, .. bytes], _settings.ReplyWait / (3 * bytes.Count), accepts, limit));
    }

    /// <summary>Asks. The datagram goes twice where the first is not answered, for datagrams get lost.</summary>
    /// <returns>The answer; empty where none came, or no question is left.</returns>
    public async Task<ReadOnlyMemory<byte>> AskAsync(ServiceProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        if (IsOver || Asked >= 2L * _settings.MaxDatagrams)
        {
            return default;
        }

        _budget.Tell(Target, probe);
        Asked++;
        var bytes = probe.BytesFor(Target);
        return await SendAsync(limit => probe.IsAnsweredFromAnyPort
            ? _sockets.ExchangeWithHostAsync(Target.Socket, [bytes, bytes], _settings.ReplyWait / 3, static _ => true, limit)
            : _sockets.ExchangeAsync(Target.Socket, [bytes, bytes], _settings.ReplyWait / 3, static _ => true, limit));
    }

    private async Task<ReadOnlyMemory<byte>> SendAsync(Func<CancellationToken, Task<DatagramResult>> exchange)
    {
        for (var tries = 0; ; tries++)
        {
            using var limit = _budget.Limit(_settings.ReplyWait);
            var result = await exchange(limit.Token);
            if (result.Outcome != DatagramOutcome.NotSent)
            {
                _budget.HasSent();
                IsRefused = result.Outcome == DatagramOutcome.Refused;
                return result.Reply;
            }

            if (!await _budget.MayTryAgainAsync(result.Error, tries))
            {
                Asked--;
                return default;
            }
        }
    }
}
