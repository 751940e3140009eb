using System.Globalization;
using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Documents;

/// <summary>
/// Where an example is run: shell of <c>Situations/PAGE.sh</c>. A section begins with <c>#: NAME OF THE EXAMPLE</c>, several of them when
/// they share a situation, and has the shell that runs before the example, with the functions of <c>library.sh</c>. A function
/// <c>during</c> runs while the example does, which is ended with SIGINT then. A function <c>example</c> is what is run of a block that
/// shows lines without their command.
/// </summary>
/// <remarks>
/// Lines of a section that begin so say more: <c>#mask REGEX</c> what else differs between runs; <c>#exit CODE</c> how it ends, if not with
/// 0; <c>#needs PROGRAM…</c> what must be installed; <c>#any order</c> lines may come in any order; <c>#terminal</c> stdout and stderr are
/// compared as they come on a terminal; <c>#part</c> the page shows lines that stand together in what comes.
/// </remarks>
internal sealed record Situation(string Shell)
{
    /// <summary>What else differs between two runs.</summary>
    public IReadOnlyList<Regex> Masks { get; } =
        [.. Said(Shell, "#mask ").Select(static m => new Regex(m, RegexOptions.Multiline, TimeSpan.FromSeconds(10)))];

    /// <summary>How the example ends.</summary>
    public int ExitCode { get; } = Said(Shell, "#exit ").Select(static c => int.Parse(c, CultureInfo.InvariantCulture)).FirstOrDefault();

    /// <summary>Programs that must be installed.</summary>
    public IReadOnlyList<string> Needs { get; } = [.. Said(Shell, "#needs ").SelectMany(static n => n.Split(' '))];

    /// <summary>Whether lines may come in any order.</summary>
    public bool IsUnordered { get; } = Said(Shell, "#any order").Any();

    /// <summary>Whether the page shows a part.</summary>
    public bool IsPart { get; } = Said(Shell, "#part").Any();

    /// <summary>The situations of all pages, by the keys of their examples.</summary>
    public static IReadOnlyDictionary<string, Situation> All()
    {
        var found = new Dictionary<string, Situation>(StringComparer.Ordinal);
        foreach (var document in DocumentExample.Documents())
        {
            var path = Folder($"{Path.GetFileName(document)}.sh");
            if (!File.Exists(path))
            {
                continue;
            }

            var keys = new List<string>();
            var shell = new List<string>();
            foreach (var line in File.ReadLines(path).Append("#: "))
            {
                if (line.StartsWith("#: ", StringComparison.Ordinal))
                {
                    if (shell.Count > 0)
                    {
                        keys.ForEach(key => found.Add(key, new Situation(string.Join('\n', shell))));
                        keys.Clear();
                        shell.Clear();
                    }

                    keys.Add($"{document}: {line["#: ".Length..]}");
                }
                else if (keys.Count > 0)
                {
                    shell.Add(line);
                }
            }
        }

        return found;
    }

    /// <summary>
    /// Runs the example there, in an empty folder and in namespaces of its own: network, processes, mounts, host name. What was started
    /// goes with them.
    /// </summary>
    public RunResult Run(DocumentExample example)
    {
        using var folder = new TemporaryFolder();
        var number = 0;
        foreach (var (_, lines, _) in DocumentExample.Blocks(example.Document))
        {
            File.WriteAllLines(folder[$"block-{++number}"], lines);
        }

        File.WriteAllText(folder["shown"], string.Join('\n', example.Output) + "\n");
        File.WriteAllText(folder["command"], example.Command + "\n");
        File.WriteAllText(folder["situation"], Shell + "\n");
        return Programs.Run(
            Programs.Find("unshare", "/usr/bin/unshare"),
            ["--net", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc", "/bin/bash", Folder("library.sh"),
                PortolanProgram.Path, Repository.Root],
            folder: folder.Path);
    }

    private static string Folder(string name) => Repository.PathOf("tests", "Portolan.EndToEnd.Tests", "Documents", "Situations", name);

    private static IEnumerable<string> Said(string shell, string word) =>
        shell.Split('\n').Where(line => line.StartsWith(word, StringComparison.Ordinal)).Select(line => line[word.Length..].Trim());
}
