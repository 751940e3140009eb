namespace Portolan.Scan.Targets;

/// <summary>A plan as data, for a journal.</summary>
public sealed partial class TargetPlan
{
    /// <summary>What the plan is made of.</summary>
    internal PlanRecord ToRecord()
    {
        var pieces = new List<Piece>(_firsts.Length);
        for (var i = 0; i < _firsts.Length; i++)
        {
            // A pattern's first is a member's number in the dress of an address.
            var first = _firsts[i].Number;
            pieces.Add(new Piece(0, first, (i + 1 < _firsts.Length ? _firstHosts[i + 1] : HostCount) - _firstHosts[i], _details[i]));
        }

        // Lists that no host has were never made.
        var empty = new ProbePorts([]);
        return new PlanRecord(pieces, _table, Array.ConvertAll(_ports, ports => ports ?? empty));
    }

    /// <summary>Makes the plan again; <c>false</c> when it would have 2^64 hosts or probes, which no plan has.</summary>
    internal static bool TryFrom(PlanRecord record, out TargetPlan plan)
    {
        UInt128 hosts = 0, probes = 0;
        foreach (var piece in record.Pieces)
        {
            hosts += piece.Count;
            probes += piece.Count * (UInt128)(ulong)record.PortLists[record.Details[piece.Detail].Ports].Count;
            if (hosts > ulong.MaxValue || probes > ulong.MaxValue)
            {
                plan = null!;
                return false;
            }
        }

        plan = new TargetPlan(record.Pieces, record.Details, [.. record.PortLists]);
        return true;
    }
}

/// <summary>The parts of a plan.</summary>
/// <param name="Pieces">Hosts with consecutive numbers, in order; <see cref="Piece.Order"/> has no meaning here.</param>
/// <param name="Details">What pieces have in common, by number.</param>
/// <param name="PortLists">Lists of ports, by number.</param>
internal sealed record PlanRecord(IReadOnlyList<Piece> Pieces, IReadOnlyList<PieceDetail> Details, IReadOnlyList<ProbePorts> PortLists);
