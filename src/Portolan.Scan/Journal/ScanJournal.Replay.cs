using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Pacing;

namespace Portolan.Scan.Journal;

/// <summary>
/// Reads back what an earlier process wrote, group by group, until nothing is left; from then on the journal is written again.
/// </summary>
public sealed partial class ScanJournal
{
    private bool _isReplaying;
    private byte[] _block = [];
    private int _blockAt;

    /// <summary>Counts of the earlier processes.</summary>
    internal ProbeBalance Before { get; private set; }

    /// <summary>How long they ran.</summary>
    internal TimeSpan ElapsedBefore { get; private set; }

    /// <summary>Opens a journal to go on with its scan. No other process may have it open.</summary>
    /// <exception cref="PortolanException">It is not there, in use, not a journal, or of another version. Exit code 2.</exception>
    public static ScanJournal Resume(string path)
    {
        FileStream? file = null;
        try
        {
            file = JournalFiles.OpenExclusive(path);
            var header = JournalFiles.ReadHeader(file, path);
            var journal = new ScanJournal(header, path, TimeSpan.Zero, () => throw new InvalidOperationException("it is open"))
            {
                _file = file,
                IsResumed = true,
                _isReplaying = true,
            };
            file = null;
            return journal;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Puts what is known of the next group into it.</summary>
    internal GroupPast ReplayGroup(HostGroup group, ScanSettings settings)
    {
        var past = new GroupPast();
        while (_isReplaying && !past.IsEnded)
        {
            if (_blockAt >= _block.Length && !TryNextBlock())
            {
                break;
            }

            var from = new JournalDecoder(_block.AsSpan(_blockAt));
            if (!new GroupReplay(group, settings, past, this).TryRecord(ref from))
            {
                // A whole block that makes no sense was written for another plan; what follows it cannot be trusted either.
                throw JournalFiles.DoesNotFit(Path);
            }

            _blockAt = _block.Length - from.Left;
        }

        return past;
    }

    /// <summary>What the last process had counted of losses in the stage that it did not finish; only the first time.</summary>
    internal LossStratum? TakeUnfinished()
    {
        var unfinished = Before.Unfinished;
        Before = Before with { Unfinished = null };
        return unfinished;
    }

    internal void TakeLosses(long dropped, LossLedger losses, LossStratum? unfinished) => Before = Before with
    {
        Dropped = dropped,
        Losses = losses,
        Unfinished = unfinished,
    };

    internal void TakeBeside(BesideCounts counts) => Before = Before with { Beside = counts };

    internal void TakeBalance(TimeSpan elapsed, in ProbeBalance balance) => (ElapsedBefore, Before) = (elapsed, balance);

    private bool TryNextBlock()
    {
        _blockAt = 0;
        if (JournalBlocks.TryRead(_file!, out _block))
        {
            return true;
        }

        // What a crash left half written is written over.
        _file!.SetLength(_file.Position);
        _isReplaying = false;
        return false;
    }
}

/// <summary>How far an earlier process came with a group.</summary>
internal sealed class GroupPast
{
    /// <summary>When it began; <c>null</c>: it did not.</summary>
    public DateTimeOffset? BegunAt { get; set; }

    /// <summary>Discovery was over.</summary>
    public bool IsDiscovered { get; set; }

    /// <summary>Names were looked up.</summary>
    public bool IsNamed { get; set; }

    /// <summary>The port stage had begun.</summary>
    public bool IsPortStage { get; set; }

    /// <summary>All ports were judged.</summary>
    public bool IsProbed { get; set; }

    /// <summary>How far the stage was that it was in.</summary>
    public ProbeCursor Cursor { get; set; }

    /// <summary>It was reported.</summary>
    public bool IsEnded => EndedAt is not null;

    /// <summary>When it was reported.</summary>
    public DateTimeOffset? EndedAt { get; set; }
}
