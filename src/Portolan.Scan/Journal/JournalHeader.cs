using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Journal;

/// <summary>What a journal begins with: everything that is needed to go on, whatever has changed since.</summary>
/// <param name="Arguments">The whole command line, without the program's name.</param>
/// <param name="Folder">The folder it was given in, where the files it names are.</param>
/// <param name="StartedAt">When the scan began.</param>
/// <param name="Mode">How it probed. A run in another mode takes over the results, but not the place in a stage.</param>
/// <param name="Seed">The seed of the order.</param>
/// <param name="Plan">The targets as they were resolved then.</param>
public sealed record JournalHeader(IReadOnlyList<string> Arguments, string Folder, DateTimeOffset StartedAt, ScanMode Mode, ulong Seed, TargetPlan Plan)
{
    internal void Write(JournalEncoder to)
    {
        to.Number((ulong)Arguments.Count);
        foreach (var argument in Arguments)
        {
            to.Text(argument);
        }

        to.Text(Folder);
        to.Number(StartedAt.ToUnixTimeMilliseconds());
        to.Byte((byte)Mode);
        to.Number(Seed);
        PlanCodec.Write(Plan, to);
    }

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out JournalHeader header)
    {
        header = null!;
        var from = new JournalDecoder(bytes);
        if (!from.TryNumber(from.Left, out var count))
        {
            return false;
        }

        var arguments = new string[count];
        for (var i = 0; i < count; i++)
        {
            if (!from.TryText(out arguments[i]))
            {
                return false;
            }
        }

        if (!from.TryText(out var folder) || !from.TryLong(out var startedAt) || startedAt is < 0 or > 253_402_300_799_999
            || !from.TryByte(out var mode) || mode > (byte)ScanMode.Raw || !from.TryNumber(out var seed) || !PlanCodec.TryRead(ref from, out var plan))
        {
            return false;
        }

        header = new JournalHeader(arguments, folder, DateTimeOffset.FromUnixTimeMilliseconds(startedAt), (ScanMode)mode, seed, plan);
        return true;
    }
}
