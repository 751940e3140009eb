using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Journal;

/// <summary>Writes a plan of targets and reads it back: its ranges and patterns, so that a prefix stays a few bytes.</summary>
internal static class PlanCodec
{
    // What a file says of its length is not believed: room is made for what plans have, and grows with what is there.
    private const int MaxPieces = 2 * PlanLayout.MaxSpans;
    private const int MaxPortsOfList = 2 * PortNumber.Count + 1;

    public static void Write(TargetPlan plan, JournalEncoder to)
    {
        var record = plan.ToRecord();
        to.Number((ulong)record.PortLists.Count);
        foreach (var list in record.PortLists)
        {
            to.Number((ulong)list.Count);
            for (var i = 0; i < list.Count; i++)
            {
                to.Number(((ulong)list[i].Protocol << 16) | list[i].Port.Value);
            }
        }

        to.Number((ulong)record.Details.Count);
        foreach (var detail in record.Details)
        {
            to.Byte((byte)((detail.IsIPv4 ? 1 : 0) | (detail.Octets is null ? 0 : 2) | (detail.Name is null ? 0 : 4)));
            to.Number(detail.Scope);
            to.Number((ulong)detail.Ports);
            if (detail.Name is not null)
            {
                to.Text(detail.Name);
            }

            for (var i = 0; detail.Octets is not null && i < 4; i++)
            {
                to.Bytes(detail.Octets.OctetsAt(i));
            }
        }

        to.Number((ulong)record.Pieces.Count);
        foreach (var piece in record.Pieces)
        {
            to.Wide(piece.First);
            to.Number(piece.Count);
            to.Number((ulong)piece.Detail);
        }
    }

    public static bool TryRead(ref JournalDecoder from, out TargetPlan plan)
    {
        plan = null!;
        if (!TryLists(ref from, out var lists) || !TryDetails(ref from, lists.Count, out var details)
            || !from.TryNumber(Math.Min(from.Left, MaxPieces), out var count))
        {
            return false;
        }

        var pieces = new List<Piece>();
        for (var i = 0; i < count; i++)
        {
            if (!from.TryWide(out var first) || !from.TryNumber(out var hosts) || hosts == 0
                || !from.TryNumber(details.Count, out var detail)
                || !Fits(details[detail], first, hosts))
            {
                return false;
            }

            pieces.Add(new Piece(0, first, hosts, detail));
        }

        return TargetPlan.TryFrom(new PlanRecord(pieces, details, lists), out plan);
    }

    private static bool Fits(PieceDetail detail, UInt128 first, ulong hosts)
    {
        var most = detail.Octets is { } octets ? octets.Count - 1 : detail.IsIPv4 ? uint.MaxValue : UInt128.MaxValue;
        return first <= most && hosts - 1 <= most - first;
    }

    private static bool TryLists(ref JournalDecoder from, out List<ProbePorts> lists)
    {
        lists = [];
        if (!from.TryNumber(Math.Min(from.Left, MaxPieces), out var count))
        {
            return false;
        }

        var all = 0;
        for (var i = 0; i < count; i++)
        {
            if (!from.TryNumber(Math.Min(from.Left + 1, MaxPortsOfList), out var ports) || (all += ports) > PortPool.MostPorts)
            {
                return false;
            }

            var seen = new HashSet<ProbePort>();
            var list = new ProbePort[ports];
            for (var j = 0; j < ports; j++)
            {
                if (!from.TryNumber(256 << 16, out var packed))
                {
                    return false;
                }

                list[j] = new ProbePort((TransportProtocol)(packed >> 16), new PortNumber((ushort)packed));
                if (list[j].Protocol is not (TransportProtocol.Tcp or TransportProtocol.Udp) || !seen.Add(list[j]))
                {
                    return false;
                }
            }

            lists.Add(new ProbePorts(list));
        }

        return true;
    }

    private static bool TryDetails(ref JournalDecoder from, int lists, out List<PieceDetail> details)
    {
        details = [];
        if (!from.TryNumber(Math.Min(from.Left, MaxPieces), out var count))
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            string? name = null;
            OctetPattern? octets = null;
            if (!from.TryByte(out var flags) || flags > 7 || !from.TryNumber(uint.MaxValue, out var scope)
                || !from.TryNumber(lists, out var ports)
                || ((flags & 4) != 0 && !from.TryText(out name)) || ((flags & 2) != 0 && !TryOctets(ref from, out octets)))
            {
                return false;
            }

            details.Add(new PieceDetail((flags & 1) != 0, (uint)scope, octets, name, ports));
        }

        return true;
    }

    private static bool TryOctets(ref JournalDecoder from, out OctetPattern? octets)
    {
        octets = null;
        Span<OctetSet> sets = stackalloc OctetSet[4];
        for (var i = 0; i < 4; i++)
        {
            sets[i] = default;
            if (!from.TryBytes(out var members) || members.IsEmpty)
            {
                return false;
            }

            foreach (var member in members)
            {
                sets[i].Add(member, member);
            }
        }

        octets = new OctetPattern(sets[0], sets[1], sets[2], sets[3]);
        return true;
    }
}
