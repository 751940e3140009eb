using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Portolan.Scenarios;

/// <summary>
/// What every command pays: the start beside <c>/bin/true</c>, the check of <c>./portolan</c> beside the program it starts, short lists
/// beside <c>ss</c>, and <c>who</c> of a free port among many sockets, as root and as an ordinary user. In a network namespace of its own
/// (start it through bench/start).
/// </summary>
internal static class StartScenario
{
    private const int Listening = 20;
    private const int FewSockets = 10_000;
    private const int FreePort = 9_999;
    private const string Nobody = "65534";

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var csv = new StringBuilder("work,command,run,wall_ms,user_ms,system_ms,exit\n");
        var summary = new StringBuilder();
        string Tool(string name) => new[] { "/usr/bin/", "/bin/", "/sbin/", "/usr/sbin/" }.Select(d => d + name).First(File.Exists);
        Contender Ours(params string[] a) => new("portolan " + string.Join(' ', a), options.Program, a);
        Contender AsNobody(
            params string[] a) =>
                new(
                    "as nobody: portolan " + string.Join(' ', a), Tool("setpriv"),
                    ["--reuid", Nobody, "--clear-groups", options.Program, .. a]);
        void Compare(string work, params Contender[] contenders) => new Comparison(work, options.Runs * 10, csv, summary).Run(contenders);

        if (options.Wants("start"))
        {
            Compare("start", Ours("version"), new Contender("true", Tool("true")));
        }

        if (options.Wants("freshness"))
        {
            var launcher = Path.Combine(Path.GetDirectoryName(options.Program)!, "..", "portolan");
            Compare("the check of ./portolan", new Contender("./portolan version", Path.GetFullPath(launcher), "version"), Ours("version"));
        }

        if (options.Wants("memory"))
        {
            WriteMemory(options, summary, csv);
        }

        if (options.Wants("list"))
        {
            using (new Listeners(6_000, Listening))
            {
                Compare($"list, {Listening} listeners", Ours("list", "-tln"), new Contender("ss -tln", Tool("ss"), "-tln"));
                using var few = new Holders(options.Processes, FewSockets);
                Compare(
                    $"list, {Listening + options.Processes} listeners of {FewSockets:N0} sockets", Ours("list", "-tln"),
                    new Contender("ss -tln", Tool("ss"), "-tln"));
                Compare($"list, all of {FewSockets:N0} sockets", Ours("list", "-tan"), new Contender("ss -tan", Tool("ss"), "-tan"));
            }
        }

        if (options.Wants("who"))
        {
            using var many = new Holders(options.Processes, options.Sockets);
            var port = FreePort.ToString(CultureInfo.InvariantCulture);
            new Comparison($"who of a free port, {options.Sockets:N0} sockets", options.Runs, csv, summary).Run(
                Ours("who", port), AsNobody("who", port));
        }

        options.Write("start", csv, summary);
        return 0;
    }

    /// <summary>
    /// The resident memory of <c>portolan version</c> when it writes its line, of its own and of files, which others share: its stdout is a
    /// pipe that is full.
    /// </summary>
    private static void WriteMemory(Options options, StringBuilder summary, StringBuilder csv)
    {
        var folder = Directory.CreateTempSubdirectory("portolan-start-");
        var pipe = Path.Combine(folder.FullName, "pipe");
        using (var made = Process.Start("/usr/bin/mkfifo", [pipe]))
        {
            made.WaitForExit();
        }

        summary.Append("\n### memory of `portolan version`, resident, KB\n\n| run | its own | of files |\n|---|---|---|\n");
        for (var run = 1; run <= 3; run++)
        {
            using var held = new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            held.Write(new byte[64 * 1024]);
            using var program = Process.Start("/bin/sh", ["-c", "exec \"$1\" version >\"$2\"", "sh", options.Program, pipe]);
            var (own, files) = WhenItWrites(program.Id);
            held.ReadExactly(new byte[64 * 1024]);
            program.WaitForExit();
            summary.AppendLine(CultureInfo.InvariantCulture, $"| {run} | {own} | {files} |");
            csv.AppendLine(
                CultureInfo.InvariantCulture,
                $"\"memory of version: {own} KB its own, {files} KB of files\",\"portolan version\",{run},,,,{program.ExitCode}");
            Console.Error.WriteLine($"memory of portolan version: {own} KB its own, {files} KB of files");
        }

        folder.Delete(recursive: true);
    }

    private static (int Own, int Files) WhenItWrites(int pid)
    {
        for (var look = 0; look < 1_000; look++)
        {
            if (File.ReadAllText($"/proc/{pid}/wchan").Contains("pipe_write", StringComparison.Ordinal))
            {
                var status = File.ReadAllLines($"/proc/{pid}/status");
                int Of(
                    string field) =>
                        int.Parse(
                            status.First(l => l.StartsWith(field, StringComparison.Ordinal)).Split(
                                ' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
                return (Of("RssAnon:"), Of("RssFile:"));
            }

            Thread.Sleep(5);
        }

        throw new InvalidOperationException($"process {pid} does not write");
    }
}
