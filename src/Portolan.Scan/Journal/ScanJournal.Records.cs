using Portolan.Scan.Engine;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Pacing;
using Portolan.Scan.Results;

namespace Portolan.Scan.Journal;

/// <summary>What the run reports to its journal.</summary>
public sealed partial class ScanJournal
{
    internal const byte NoLoss = 0;
    internal const byte HasLoss = 1;

    // The kind of a stratum and its tier share a byte.
    internal const int TierShift = 4;
    internal const byte GivenUp = 1;
    internal const byte Everything = 2;
    internal const byte SilenceJudged = 4;
    internal const byte HasTimes = 8;

    internal void GroupBegun(DateTimeOffset at) => Begin(JournalRecord.GroupBegun).Number(at.ToUnixTimeMilliseconds());

    internal void Host(int host, in HostResult result)
    {
        var to = Begin(JournalRecord.Host);
        to.Number((ulong)host);
        to.Byte((byte)result.Status);
        to.Byte((byte)result.Reason);
        to.Byte(result.TimeToLive);
        to.Number(result.HardwareAddress is { } address ? address.Value + 1 : 0);
    }

    internal void Port(int host, int port, in PortResult result)
    {
        var to = Begin(JournalRecord.Port);
        to.Number((ulong)host);
        to.Number((ulong)port);
        to.Byte(HostPage.Pack(result.State, result.Reason));
        to.Byte(result.TimeToLive);
        to.Byte((byte)((int)result.Evidence | (result.ReasonAddress is null ? 0 : 0x80)));
        if (result.ReasonAddress is { } address)
        {
            to.Address(address);
        }

        // What was cut off is heard again by who goes on. An empty one says that nothing was said.
        if (result.BannerState is BannerState.Complete or BannerState.Silent)
        {
            to = Begin(JournalRecord.Banner);
            to.Number((ulong)host);
            to.Number((ulong)port);
            to.Bytes(result.Banner.Span);
        }

        // A service that was cut off is asked again by who goes on.
        if (result.Service is { IsCut: false } answer)
        {
            Service(host, port, answer);
            if (answer.Facts is { } facts)
            {
                Facts(host, port, facts);
            }
        }
    }

    /// <summary>What its service told, after that.</summary>
    private void Facts(int host, int port, IReadOnlyList<Fact> facts)
    {
        var to = Begin(JournalRecord.Facts);
        to.Number((ulong)host);
        to.Number((ulong)port);
        to.Number((ulong)facts.Count);
        foreach (var fact in facts)
        {
            FactRecord.Write(to, fact);
        }
    }

    /// <summary>What a port is, after its record.</summary>
    private void Service(int host, int port, ServiceAnswer answer)
    {
        var to = Begin(JournalRecord.Service);
        to.Number((ulong)host);
        to.Number((ulong)port);
        to.Byte((byte)answer.Outcome);
        to.Number((ulong)answer.Attempts);
        to.Bytes(answer.Heard.Span);
        to.Text((answer.Outcome is ServiceOutcome.NotSent or ServiceOutcome.NotAsked ? answer.Reason : answer.AskedWith) ?? "");
        to.Byte((byte)(answer.Service?.Confidence ?? 0));
        if (answer.Service is { } service)
        {
            foreach (var text in (ReadOnlySpan<string?>)[
                service.Protocol, service.Product, service.Version, service.Info, service.OperatingSystem, service.HostName, service.Tunnel,
                string.Join(' ', service.Cpes)])
            {
                to.Text(text ?? "");
            }
        }
    }

    /// <summary>Discovery is over.</summary>
    internal void Discovered(HostGroup group)
    {
        for (var host = 0; host < group.Count; host++)
        {
            if (group.StatusOf(host) == HostStatus.Unknown && group.HasUnprobed(host))
            {
                Begin(JournalRecord.HostUnprobed).Number((ulong)host);
            }
        }

        EndStage(JournalRecord.Discovered);
    }

    internal void Name(int host, string name)
    {
        var to = Begin(JournalRecord.Name);
        to.Number((ulong)host);
        to.Text(name);
    }

    internal void Named() => Begin(JournalRecord.Named);

    internal void PortStage() => EndStage(JournalRecord.PortStage);

    /// <summary>All ports of the group are judged.</summary>
    internal void Probed(HostGroup group)
    {
        for (var host = 0; host < group.Count; host++)
        {
            Unprobed(group, host);
        }

        EndStage(JournalRecord.Probed);
    }

    /// <summary>The way to a host.</summary>
    internal void Trace(int host, HostTrace trace)
    {
        var to = Begin(JournalRecord.Trace);
        to.Number((ulong)host);
        TraceCodec.Write(to, trace);
    }

    // Only the last one before a write counts.
    internal void Cursor(ProbeCursor cursor) => _cursor = cursor;

    /// <summary>The group is reported.</summary>
    internal void GroupEnded(HostGroup group, DateTimeOffset at)
    {
        for (var host = 0; host < group.Count; host++)
        {
            var times = group.TimesOf(host);
            var flags = (group.IsGivenUp(host) ? GivenUp : 0) | (group.AnswersEverything(host) ? Everything : 0)
                | (group.IsSilenceJudged(host) ? SilenceJudged : 0) | (times is null ? 0 : HasTimes);

            // Nearly all hosts of a large group are down, and say nothing but that.
            if (flags is (0 or SilenceJudged) && group.StatusOf(host) != HostStatus.Up)
            {
                continue;
            }

            Unprobed(group, host);

            var to = Begin(JournalRecord.HostEnd);
            to.Number((ulong)host);
            to.Byte((byte)flags);
            if (times is { } known)
            {
                to.Number(known.Smoothed.Ticks);
                to.Number(known.Variation.Ticks);
                to.Number(known.Timeout.Ticks);
            }
        }

        EndStage(JournalRecord.GroupEnded);
        _pending.Number(at.ToUnixTimeMilliseconds());
    }

    private void Unprobed(HostGroup group, int host)
    {
        for (var port = 0; group.HasUnprobed(host) && port < group.PortsOf(host).Count; port++)
        {
            if (group.IsUnprobed(host, port))
            {
                var to = Begin(JournalRecord.Unprobed);
                to.Number((ulong)host);
                to.Number((ulong)port);
            }
        }
    }

    private void Balance(TimeSpan elapsed, in ProbeBalance balance)
    {
        var to = Begin(JournalRecord.Balance);
        to.Number(elapsed.Ticks);
        to.Number(balance.Sent);
        to.Number(balance.Retries);
        to.Number(balance.NotSent);
        to.Number(balance.Replies);
        to.Byte(NoLoss);
    }

    private void Losses(in ProbeBalance balance)
    {
        var beside = Begin(JournalRecord.Beside);
        beside.Number(balance.Beside.Sent);
        beside.Number(balance.Beside.Retries);
        beside.Number(balance.Beside.Replies);
        var to = Begin(JournalRecord.Losses);
        var losses = balance.Losses ?? new LossLedger();
        to.Number(balance.Dropped);
        to.Number(losses.LimitedHosts);
        to.Number(losses.UnsettledPorts);
        to.Number((long)losses.Strata.Count());
        foreach (var stratum in losses.Strata)
        {
            Stratum(to, stratum);
        }

        to.Byte(balance.Unfinished is null ? NoLoss : HasLoss);
        if (balance.Unfinished is { } unfinished)
        {
            Stratum(to, unfinished);
        }
    }

    private static void Stratum(JournalEncoder to, in LossStratum stratum)
    {
        to.Byte((byte)((int)stratum.Kind | (stratum.Tier << TierShift)));
        to.Byte((byte)stratum.Attempts);
        to.Number(stratum.Silent);
        to.Number(stratum.Counts.Controls);
        to.Number(stratum.Counts.ControlsLost);
        to.Number(stratum.Counts.FoundBefore);
        for (var attempt = 0; attempt < LossCounts.Attempts; attempt++)
        {
            to.Number(stratum.Counts.AnsweredAt(attempt));
            to.Number(stratum.Counts.LateAt(attempt));
        }
    }

    private void EndStage(JournalRecord record)
    {
        _cursor = null;
        Begin(record);
    }

    private void TakeCursor()
    {
        if (_cursor is { } cursor)
        {
            var to = Begin(JournalRecord.Cursor);
            to.Number((ulong)cursor.Pass);
            to.Number(cursor.Position);
        }
    }

    private JournalEncoder Begin(JournalRecord record)
    {
        _pending.Byte((byte)record);
        return _pending;
    }
}
