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
public sealed record JournalHeader(
    IReadOnlyList<string> Arguments, string Folder, DateTimeOffset StartedAt, ScanMode Mode, ulong Seed, TargetPlan Plan)
{
    /// <summary>Targets that were left out, such as names that could not be resolved, as they were given.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    // A command line has at most 128 KiB a word, and each target may be left out once.
    private const int MaxTexts = TargetPlanBuilder.MostLongWords + 4096;

    internal void Write(JournalEncoder to)
    {
        WriteTexts(Arguments, to);

        to.Text(Folder);
        to.Number(StartedAt.ToUnixTimeMilliseconds());
        to.Byte((byte)Mode);
        to.Number(Seed);
        PlanCodec.Write(Plan, to);
        WriteTexts(LeftOut, to);
    }

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out JournalHeader header)
    {
        header = null!;
        var from = new JournalDecoder(bytes);
        if (!TryReadTexts(ref from, out var arguments) || !from.TryText(out var folder) || !from.TryLong(out var startedAt)
            || startedAt is < 0 or > 253_402_300_799_999
            || !from.TryByte(out var mode) || mode > (byte)ScanMode.Raw || !from.TryNumber(out var seed)
            || !PlanCodec.TryRead(ref from, out var plan) || !TryReadTexts(ref from, out var leftOut))
        {
            return false;
        }

        header = new JournalHeader(
            arguments, folder, DateTimeOffset.FromUnixTimeMilliseconds(startedAt), (ScanMode)mode, seed, plan)
        { LeftOut = leftOut };
        return true;
    }

    private static void WriteTexts(IReadOnlyList<string> texts, JournalEncoder to)
    {
        to.Number((ulong)texts.Count);
        foreach (var text in texts)
        {
            to.Text(text);
        }
    }

    private static bool TryReadTexts(ref JournalDecoder from, out string[] texts)
    {
        texts = [];
        if (!from.TryNumber(Math.Min(from.Left, MaxTexts), out var count))
        {
            return false;
        }

        texts = new string[count];
        for (var i = 0; i < texts.Length; i++)
        {
            if (!from.TryText(out texts[i]))
            {
                return false;
            }
        }

        return true;
    }
}
