using System.Diagnostics.CodeAnalysis;
using Portolan.Model;
using Portolan.Scan.Engine.Tracing;
using Portolan.Scan.Results;

namespace Portolan.Scan.Journal;

/// <summary>The way to a host in a journal.</summary>
internal static class TraceCodec
{
    private const byte None = 0;
    private const byte Silent = 1;
    private const byte Answered = 2;
    private const int MostFiltered = 64;

    /// <summary>Writes it.</summary>
    public static void Write(JournalEncoder to, HostTrace trace)
    {
        to.Byte((byte)trace.Probe.Method);
        to.Number(trace.Probe.Port.Value);
        to.Byte(trace.IsReached ? (byte)1 : (byte)0);
        to.Number((ulong)trace.Hops.Count);
        foreach (var hop in trace.Hops)
        {
            Write(to, hop);
        }

        to.Number((ulong)trace.Filtered.Count);
        foreach (var filtered in trace.Filtered)
        {
            to.Byte((byte)filtered.Port.Protocol);
            to.Number(filtered.Port.Port.Value);
            to.Byte((byte)filtered.Certainty);
            Write(to, filtered.Last);
            Write(to, filtered.Next);
            to.Byte(filtered.Refuser is null ? None : Answered);
            if (filtered.Refuser is { } refuser)
            {
                to.Address(refuser);
            }
        }
    }

    /// <summary>Reads it; <c>false</c> for bytes that are none.</summary>
    public static bool TryRead(ref JournalDecoder from, [NotNullWhen(true)] out HostTrace? trace)
    {
        trace = null;
        if (!from.TryByte(out var method) || method > (byte)TraceMethod.Echo || !from.TryNumber(PortNumber.Count, out var port)
            || !from.TryByte(out var isReached) || !from.TryNumber(HopSearch.MostHops + 1, out var count))
        {
            return false;
        }

        var hops = new List<TraceHop>();
        for (var i = 0; i < count; i++)
        {
            if (!TryHop(ref from, out var hop) || hop is null)
            {
                return false;
            }

            hops.Add(hop);
        }

        if (!from.TryNumber(MostFiltered, out var filteredCount))
        {
            return false;
        }

        var filtered = new List<FilteredTrace>();
        for (var i = 0; i < filteredCount; i++)
        {
            if (!TryFiltered(ref from, out var one))
            {
                return false;
            }

            filtered.Add(one);
        }

        var probe = new TraceProbe((TraceMethod)method, new PortNumber((ushort)port));
        trace = new HostTrace(probe, hops, isReached != 0) { Filtered = filtered };
        return true;
    }

    private static bool TryFiltered(ref JournalDecoder from, [NotNullWhen(true)] out FilteredTrace? filtered)
    {
        filtered = null;
        if (!from.TryByte(out var protocol) || (TransportProtocol)protocol is not (TransportProtocol.Tcp or TransportProtocol.Udp)
            || !from.TryNumber(PortNumber.Count, out var port)
            || !from.TryByte(out var certainty) || certainty > (byte)TraceCertainty.Unknown
            || !TryHop(ref from, out var last) || !TryHop(ref from, out var next) || !from.TryByte(out var hasRefuser))
        {
            return false;
        }

        InternetAddress refuser = default;
        if (hasRefuser != None && !from.TryAddress(out refuser))
        {
            return false;
        }

        filtered = new FilteredTrace(
            new ProbePort((TransportProtocol)protocol, new PortNumber((ushort)port)),
            last,
            next,
            hasRefuser == None ? null : refuser,
            (TraceCertainty)certainty);
        return true;
    }

    private static void Write(JournalEncoder to, TraceHop? hop)
    {
        to.Byte(hop is null ? None : hop.Address is null ? Silent : Answered);
        if (hop is null)
        {
            return;
        }

        to.Byte(hop.TimeToLive);
        if (hop.Address is { } address)
        {
            to.Address(address);
            to.Number(hop.RoundTrip.Ticks);
            to.Text(hop.Name ?? "");
        }
    }

    private static bool TryHop(ref JournalDecoder from, out TraceHop? hop)
    {
        hop = null;
        if (!from.TryByte(out var kind) || kind > Answered)
        {
            return false;
        }

        if (kind == None)
        {
            return true;
        }

        if (!from.TryByte(out var timeToLive))
        {
            return false;
        }

        hop = new TraceHop(timeToLive, null, TimeSpan.Zero);
        if (kind == Silent)
        {
            return true;
        }

        if (!from.TryAddress(out var address) || !from.TryLong(out var ticks) || ticks < 0 || !from.TryText(out var name))
        {
            return false;
        }

        hop = new TraceHop(timeToLive, address, new TimeSpan(ticks), name.Length == 0 ? null : name);
        return true;
    }
}
