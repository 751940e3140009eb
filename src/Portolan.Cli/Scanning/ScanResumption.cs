using Portolan.Cli.Commands;
using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Options;
using Portolan.Cli.Scanning.Words;
using Portolan.Model;
using Portolan.Scan.Journal;

namespace Portolan.Cli.Scanning;

/// <summary>
/// Goes on with a scan that was interrupted (<c>--resume</c>): its command line, targets and order are those of its journal.
/// </summary>
internal static class ScanResumption
{
    /// <summary>How long a scan runs before it keeps a journal that nobody asked for.</summary>
    public static readonly TimeSpan JournalDelay = TimeSpan.FromSeconds(30);

    /// <summary>Opens the journal and reads the command line in it.</summary>
    /// <param name="file">The journal; <c>null</c> for the newest of this user.</param>
    /// <param name="context">What was typed now; takes over <c>--json</c> of then.</param>
    /// <exception cref="PortolanException">There is none, it is in use or damaged, or options were given beside
    /// <c>--resume</c>.</exception>
    public static (ScanRequest Request, ScanJournal Journal) Open(string? file, CommandContext context)
    {
        DemandNothingElse(context.Arguments);
        var journal = ScanJournal.Resume(file ?? Newest(context));
        try
        {
            var header = journal.Header;
            var command = new ScanCommand();
            var root = CommandLineRoot.With(command);
            var words = command.Normalize(header.Arguments);
            WordCheck.Check(words, root);
            var parsed = root.Parse(words);
            if (parsed.Errors.Count > 0)
            {
                throw new PortolanException(
                    $"the journal {journal.Path} contains a command line that this version does not understand",
                    $"resume it with the version that wrote it");
            }

            context.Json = parsed.GetValue(root.Globals.Json);
            var request = command.Read(parsed, context.Json, TimeZoneInfo.ConvertTime(header.StartedAt, context.Clock.LocalTimeZone));
            return (InFolder(request, header.Folder), journal);
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>A journal for a new scan; <c>null</c> for none.</summary>
    public static ScanJournal? Begin(RunRequest request, JournalHeader header, CommandContext context)
    {
        if (request.Journal is { } path)
        {
            return ScanJournal.Create(path, header);
        }

        return !request.NoJournal && Folder(context) is { } folder ? ScanJournal.CreateLater(folder, header, JournalDelay) : null;
    }

    private static string? Folder(CommandContext context) =>
        JournalFolder.Find(context.Environment("XDG_STATE_HOME"), context.Environment("HOME"));

    private static string Newest(CommandContext context)
    {
        Advice Hint = $"a scan keeps a journal once it runs for 30 seconds, or from its start with --journal FILE";
        var folder = Folder(context)
            ?? throw ScanErrors.Usage(
                "neither XDG_STATE_HOME nor HOME names a folder for journals", $"give the journal: --resume FILE");
        return JournalFolder.List(folder) is [var newest, ..]
            ? newest.Path
            : throw ScanErrors.Usage($"no interrupted scan is kept in {folder}", Hint);
    }

    private static void DemandNothingElse(IReadOnlyList<string> typed)
    {
        string[] args = [.. typed.Skip(1)];
        var words = ScanWords.Normalize(args);
        var start = GlobalOptions.SkipLeading(words, 0) + 1;
        for (var i = start; i < words.Count; i++)
        {
            var name = words[i].Split('=')[0];
            if (name is not ("--resume" or "--color" or "--ascii" or "--debug"))
            {
                throw ScanErrors.Usage(
                    $"--resume reads all options and targets from the journal and does not accept '{TerminalText.Escape(words[i])}'",
                    $"use portolan scan --resume, or --resume FILE, alone");
            }
        }
    }

    // Files lie where they did, wherever the scan is resumed.
    private static ScanRequest InFolder(ScanRequest request, string folder)
    {
        var files = new List<OutputFile>(request.Output.Files.Count);
        foreach (var file in request.Output.Files)
        {
            files.Add(file.IsStdout ? file : file with { Path = Path.Combine(folder, file.Path) });
        }

        return request with { Output = request.Output with { Files = files } };
    }
}
