using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Identification;
using Portolan.Scan.Pacing;
using Portolan.Scan.Results;

namespace Portolan.Scan.Journal;

/// <summary>Puts one record after another into a group.</summary>
internal readonly struct GroupReplay(HostGroup group, ScanSettings settings, GroupPast past, ScanJournal journal)
{
    private const long LastMillisecond = 253_402_300_799_999;

    /// <summary>Reads and applies a record; <c>false</c> when it is none, or speaks of what the group does not have.</summary>
    public bool TryRecord(ref JournalDecoder from)
    {
        if (!from.TryByte(out var kind))
        {
            return false;
        }

        switch ((JournalRecord)kind)
        {
            case JournalRecord.GroupBegun:
                past.BegunAt = ReadTime(ref from);
                return past.BegunAt is not null;
            case JournalRecord.Host:
                return TryHost(ref from);
            case JournalRecord.Port:
                return TryPort(ref from);
            case JournalRecord.Discovered:
                past.IsDiscovered = true;
                past.Cursor = ProbeCursor.Start;
                group.JudgeSilentHosts(settings.Discovery.Skip);
                return true;
            case JournalRecord.Name:
                return TryName(ref from);
            case JournalRecord.Named:
                past.IsNamed = true;
                return true;
            case JournalRecord.PortStage:
                past.IsPortStage = true;
                past.Cursor = ProbeCursor.Start;
                group.BeginPortStage(settings);
                return true;
            case JournalRecord.Cursor:
                return TryCursor(ref from);
            case JournalRecord.HostEnd:
                return TryHostEnd(ref from);
            case JournalRecord.GroupEnded:
                past.EndedAt = ReadTime(ref from);
                return past.EndedAt is not null;
            case JournalRecord.Balance:
                return TryBalance(ref from);
            case JournalRecord.Beside:
                return TryBeside(ref from);
            case JournalRecord.Losses:
                return TryLosses(ref from);
            case JournalRecord.Unprobed:
                return TryUnprobed(ref from);
            case JournalRecord.Banner:
                return TryBanner(ref from);
            case JournalRecord.Service:
                return TryService(ref from);
            case JournalRecord.Probed:
                past.IsProbed = true;
                past.Cursor = ProbeCursor.Start;
                return true;
            case JournalRecord.Trace:
                return TryTrace(ref from);
            case JournalRecord.Facts:
                return TryFacts(ref from);
            case JournalRecord.HostUnprobed:
                return TryHostUnprobed(ref from);
            default:
                return false;
        }
    }

    private bool TryHost(ref JournalDecoder from)
    {
        if (!from.TryNumber(group.Count, out var host) || !from.TryByte(out var status) || status > (byte)HostStatus.Down
            || !from.TryByte(out var reason) || reason > (byte)ReplyReason.SynProxy || !from.TryByte(out var timeToLive)
            || !from.TryNumber(out var hardware))
        {
            return false;
        }

        MacAddress? address = hardware == 0 ? null : new MacAddress(hardware - 1);
        group.SetHost(host, new HostResult(group[host], (HostStatus)status, (ReplyReason)reason, timeToLive, address));
        return true;
    }

    private bool TryPort(ref JournalDecoder from)
    {
        if (!TryHostAndPort(ref from, out var host, out var port) || !from.TryByte(out var code) || !from.TryByte(out var timeToLive)
            || !from.TryByte(out var evidence))
        {
            return false;
        }

        var (state, reason) = HostPage.Unpack(code);
        InternetAddress address = default;
        if (state is PortState.Unknown or > PortState.ClosedFiltered || reason > ReplyReason.SynProxy
            || (evidence & 0x7f) > (byte)Evidence.Identified
            || ((evidence & 0x80) != 0 && !from.TryAddress(out address)))
        {
            return false;
        }

        group.Record(host, port, new PortResult(
            group.PortsOf(host)[port], state, reason, timeToLive, (Evidence)(evidence & 0x7f), (evidence & 0x80) != 0 ? address : null));
        return true;
    }

    private bool TryBanner(ref JournalDecoder from)
    {
        if (!TryHostAndPort(ref from, out var host, out var port) || !from.TryBytes(out var text) || text.Length > GreetingLimit.MaxLength)
        {
            return false;
        }

        group.SetBanner(host, port, text, text.Length == 0 ? BannerState.Silent : BannerState.Complete);
        return true;
    }

    private bool TryFacts(ref JournalDecoder from)
    {
        if (!TryHostAndPort(ref from, out var host, out var port) || !FactRecord.TryRead(ref from, out var facts)
            || group.AnswerOf(host, port) is not { } answer)
        {
            return false;
        }

        group.SetAnswer(host, port, answer with { Facts = facts });
        return true;
    }

    private bool TryService(ref JournalDecoder from)
    {
        if (!TryHostAndPort(ref from, out var host, out var port) || !from.TryByte(out var outcome)
            || outcome is 0 or > (byte)ServiceOutcome.NotSent
            || !from.TryNumber(int.MaxValue, out var attempts) || !from.TryBytes(out var heard)
            || heard.Length > ServiceAnswer.MaxHeardLength
            || !from.TryText(out var asked) || !from.TryByte(out var confidence) || confidence > 10
            || group.StateOf(host, port) != PortState.Open)
        {
            return false;
        }

        // Where nothing was sent, the reason is in the question's place.
        var isNotSent = (ServiceOutcome)outcome is ServiceOutcome.NotSent or ServiceOutcome.NotAsked;
        var answer = new ServiceAnswer((ServiceOutcome)outcome, null)
        {
            Attempts = attempts,
            Heard = heard.ToArray(),
            AskedWith = isNotSent ? null : Known(asked),
            Reason = isNotSent ? Known(asked) : null,
        };
        if (confidence > 0)
        {
            var texts = new string[8];
            for (var i = 0; i < texts.Length; i++)
            {
                if (!from.TryText(out texts[i]!))
                {
                    return false;
                }
            }

            answer = answer with
            {
                Service = new IdentifiedService(texts[0])
                {
                    Product = Known(texts[1]),
                    Version = Known(texts[2]),
                    Info = Known(texts[3]),
                    OperatingSystem = Known(texts[4]),
                    HostName = Known(texts[5]),
                    Tunnel = Known(texts[6]),
                    Cpes = texts[7].Length == 0 ? [] : texts[7].Split(' '),
                    Confidence = confidence,
                },
            };
        }

        group.SetAnswer(host, port, answer);
        return true;
    }

    private bool TryTrace(ref JournalDecoder from)
    {
        if (!from.TryNumber(group.Count, out var host) || !TraceCodec.TryRead(ref from, out var trace))
        {
            return false;
        }

        group.SetTrace(host, trace);
        return true;
    }

    private static string? Known(string text) => text.Length == 0 ? null : text;

    private bool TryName(ref JournalDecoder from)
    {
        if (!from.TryNumber(group.Count, out var host) || !from.TryText(out var name))
        {
            return false;
        }

        group.SetName(host, name);
        return true;
    }

    private bool TryCursor(ref JournalDecoder from)
    {
        if (!from.TryNumber(int.MaxValue, out var pass) || !from.TryNumber(out var position))
        {
            return false;
        }

        past.Cursor = new ProbeCursor(pass, position);
        return true;
    }

    private bool TryHostEnd(ref JournalDecoder from)
    {
        if (!from.TryNumber(group.Count, out var host) || !from.TryByte(out var flags))
        {
            return false;
        }

        if ((flags & ScanJournal.HasTimes) != 0)
        {
            if (!from.TryLong(out var smoothed) || !from.TryLong(out var variation) || !from.TryLong(out var timeout))
            {
                return false;
            }

            group.SetTimes(host, new RoundTrip(new TimeSpan(smoothed), new TimeSpan(variation), new TimeSpan(timeout)));
        }

        if ((flags & ScanJournal.GivenUp) != 0)
        {
            group.GiveUp(host);
        }

        if ((flags & ScanJournal.Everything) != 0)
        {
            group.MarkAnswersEverything(host);
        }

        if ((flags & ScanJournal.SilenceJudged) != 0)
        {
            group.JudgeSilence(host);
        }

        return true;
    }

    private bool TryUnprobed(ref JournalDecoder from)
    {
        if (!TryHostAndPort(ref from, out var host, out var port))
        {
            return false;
        }

        group.MarkUnprobed(host, port);
        return true;
    }

    private bool TryHostUnprobed(ref JournalDecoder from)
    {
        if (!from.TryNumber(group.Count, out var host))
        {
            return false;
        }

        group.MarkUnprobed(host);
        return true;
    }

    private bool TryBalance(ref JournalDecoder from)
    {
        if (!from.TryLong(out var elapsed) || !from.TryLong(out var sent) || !from.TryLong(out var retries)
            || !from.TryLong(out var notSent)
            || !from.TryLong(out var replies) || !from.TryByte(out var hasLoss)
            // Two averages of before counts were kept; nothing can be added to them.
            || (hasLoss != ScanJournal.NoLoss && !(from.TryFraction(out _) && from.TryFraction(out _))))
        {
            return false;
        }

        journal.TakeBalance(new TimeSpan(elapsed), new ProbeBalance(sent, retries, notSent, replies));
        return true;
    }

    private bool TryBeside(ref JournalDecoder from)
    {
        if (!TryCount(ref from, out var sent) || !TryCount(ref from, out var retries) || !TryCount(ref from, out var replies))
        {
            return false;
        }

        journal.TakeBeside(new BesideCounts(sent, retries, replies));
        return true;
    }

    private bool TryLosses(ref JournalDecoder from)
    {
        var losses = new LossLedger();
        if (!TryCount(ref from, out var dropped) || !TryCount(ref from, out var hosts) || !TryCount(ref from, out var unsettled)
            || !TryCount(ref from, out var strata))
        {
            return false;
        }

        losses.AddLimits(hosts, unsettled);
        for (var i = 0L; i < strata; i++)
        {
            if (!TryStratum(ref from, out var stratum))
            {
                return false;
            }

            losses.Add(stratum);
        }

        LossStratum? unfinished = null;
        if (!from.TryByte(out var runs) || runs > ScanJournal.HasLoss)
        {
            return false;
        }

        if (runs == ScanJournal.HasLoss)
        {
            if (!TryStratum(ref from, out var stratum))
            {
                return false;
            }

            unfinished = stratum;
        }

        journal.TakeLosses(dropped, losses, unfinished);
        return true;
    }

    private static bool TryStratum(ref JournalDecoder from, out LossStratum stratum)
    {
        stratum = default;
        if (!from.TryByte(out var kind) || (kind & 0xf) > (byte)LossKind.Limited || !from.TryByte(out var attempts) || attempts == 0
            || !TryCount(ref from, out var silent) || !TryCount(ref from, out var controls) || !TryCount(ref from, out var lost)
            || lost > controls || !TryCount(ref from, out var before))
        {
            return false;
        }

        var counts = new LossCounts();
        counts.CountControls(controls, lost);
        counts.CountFoundBefore(before);
        for (var attempt = 0; attempt < LossCounts.Attempts; attempt++)
        {
            if (!TryCount(ref from, out var answered) || !TryCount(ref from, out var late))
            {
                return false;
            }

            counts.CountAnswer(attempt, answered);
            counts.CountLate(attempt, late);
        }

        stratum = new LossStratum((LossKind)(kind & 0xf), attempts, counts, silent) { Tier = kind >> ScanJournal.TierShift };
        return true;
    }

    // No scan counts more; sums of a few stay numbers.
    private static bool TryCount(ref JournalDecoder from, out long count) => from.TryLong(out count) && count is >= 0 and <= 1L << 50;

    private bool TryHostAndPort(ref JournalDecoder from, out int host, out int port)
    {
        port = 0;
        return from.TryNumber(group.Count, out host) && from.TryNumber(group.PortsOf(host).Count, out port);
    }

    private static DateTimeOffset? ReadTime(ref JournalDecoder from) =>
        from.TryLong(out var time) && time is >= 0 and <= LastMillisecond ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;
}
