using Portolan.Model;
using Portolan.Scan.Engine;

namespace Portolan.Scan.Journal;

/// <summary>
/// Keeps on disk what a scan has found and how far it is, so that another process goes on where this one ended, however it ended. Appends a
/// block about once a second; a finished scan's journal is removed.
/// </summary>
/// <remarks>
/// A process that is killed loses what it found in its last second; a machine that is switched off loses what its kernel had not yet
/// written. For the run's thread.
/// </remarks>
public sealed partial class ScanJournal : IDisposable
{
    private const int ManyBytes = 1 << 20;
    private const int TooManyToHold = 1 << 24;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly JournalEncoder _pending = new();
    private readonly TimeSpan _delay;
    private readonly Func<FileStream> _create;
    private FileStream? _file;
    private TimeSpan _written;
    private ProbeCursor? _cursor;
    private bool _isClosed;

    private ScanJournal(JournalHeader header, string path, TimeSpan delay, Func<FileStream> create)
    {
        (Header, Path, _delay, _create) = (header, path, delay, create);
    }

    /// <summary>What it begins with.</summary>
    public JournalHeader Header { get; }

    /// <summary>The file; it may not be there yet.</summary>
    public string Path { get; }

    /// <summary>It holds what an earlier process found.</summary>
    public bool IsResumed { get; private init; }

    /// <summary>The file is there, and stays when the scan ends unfinished.</summary>
    public bool IsOnDisk => _file is not null;

    /// <summary>Begins a journal that a person named.</summary>
    /// <exception cref="PortolanException">The file exists or cannot be made (exit code 2), or cannot be written (3); then it is
    /// removed.</exception>
    public static ScanJournal Create(string path, JournalHeader header)
    {
        var journal = new ScanJournal(header, path, TimeSpan.Zero, () => JournalFiles.Create(path));
        try
        {
            journal.Open();
        }
        catch (IOException exception) when (journal.IsOnDisk)
        {
            // Made, and then the disk was full.
            journal.Dispose();
            File.Delete(path);
            throw JournalFiles.CannotWrite(path, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw JournalFiles.CannotCreate(path, exception);
        }

        return journal;
    }

    /// <summary>Begins a journal in a folder, whose file is made when the scan has run for a while.</summary>
    /// <param name="folder">The state folder; made when it is missing.</param>
    /// <param name="header">What it begins with.</param>
    /// <param name="delay">Shorter scans leave no trace.</param>
    public static ScanJournal CreateLater(string folder, JournalHeader header, TimeSpan delay)
    {
        ArgumentNullException.ThrowIfNull(header);
        var path = System.IO.Path.Combine(folder, JournalFiles.NameFor(header));
        return new ScanJournal(header, path, delay, () => JournalFiles.Create(path));
    }

    /// <summary>The run is over. The file goes when nothing is left to do.</summary>
    /// <returns>What a person should know: that it could not be written, or <c>null</c>.</returns>
    internal string? End(TimeSpan elapsed, in ProbeBalance balance, bool isFinished)
    {
        if (_isClosed)
        {
            return null;
        }

        var warning = isFinished || _isReplaying ? null : TryWrite(elapsed, balance, isLast: true);
        Dispose();
        if (isFinished && IsOnDisk)
        {
            File.Delete(Path);
        }

        return warning;
    }

    /// <summary>Writes what is due.</summary>
    /// <returns>As <see cref="End"/>.</returns>
    internal string? Tick(TimeSpan elapsed, in ProbeBalance balance)
    {
        var isDue = elapsed - _written >= Period || _pending.Length >= ManyBytes;
        return _isClosed || _isReplaying || !isDue ? null : TryWrite(elapsed, balance, isLast: false);
    }

    /// <summary>Closes the file and leaves it where it is.</summary>
    public void Dispose()
    {
        _isClosed = true;
        _file?.Dispose();
    }

    // A full disk ends the journal, not the scan.
    private string? TryWrite(TimeSpan elapsed, in ProbeBalance balance, bool isLast)
    {
        try
        {
            Write(elapsed, balance, isLast);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Dispose();
            return $"the journal {Path} is no longer writable; the scan continues without it: {exception.Message}";
        }
    }

    private void Write(TimeSpan elapsed, in ProbeBalance balance, bool isLast)
    {
        if (!IsOnDisk && elapsed < _delay && _pending.Length < TooManyToHold)
        {
            return;
        }

        Open();
        TakeCursor();
        Balance(elapsed, balance);
        Losses(balance);
        JournalBlocks.Append(_file!, _pending.Written);
        if (isLast)
        {
            _file!.Flush(flushToDisk: true);
        }

        _pending.Clear();
        _written = elapsed;
    }

    private void Open()
    {
        if (_file is not null)
        {
            return;
        }

        var header = new JournalEncoder();
        Header.Write(header);
        _file = _create();
        _file.Write(JournalBlocks.Magic);
        JournalBlocks.Append(_file, header.Written);
    }
}
