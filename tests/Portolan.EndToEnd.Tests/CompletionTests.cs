using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>The completion scripts in the shells they are for.</summary>
public sealed class CompletionTests
{
    [Fact]
    public void The_examples_of_the_page_put_scripts_into_a_bare_home()
    {
        using var home = new TemporaryFolder();
        var examples = File.ReadLines(Repository.PathOf("docs", "cli", "portolan-completions.md"))
            .Where(static l => l.StartsWith("$ portolan", StringComparison.Ordinal)).Select(static l => l[2..].Split("    #")[0]).ToList();
        Assert.Equal(3, examples.Count);
        foreach (var example in examples)
        {
            var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["HOME"] = home.Path };
            Programs.Run("/bin/sh", ["-ec", $"portolan() {{ '{PortolanProgram.Path}' \"$@\"; }}; {example}"], environment: environment)
                .Expect(0);
            var script = example[example.LastIndexOf(' ')..].Trim().Replace("~", home.Path, StringComparison.Ordinal);
            Assert.Equal(PortolanProgram.Run("completions", example.Split(' ')[2]).Output, File.ReadAllText(script));
        }
    }

    [Theory]
    [InlineData("portolan li", "list")]
    [InlineData("portolan --color never li", "list")]
    [InlineData("portolan help ver", "version")]
    [InlineData("portolan help firewall sh", "show")]
    [InlineData("portolan fire", "firewall")]
    [InlineData("portolan firewall sh", "show")]
    [InlineData("portolan --color never firewall --json sh", "show")]
    [InlineData("portolan firewall show --by", "--by-rule")]
    [InlineData("portolan firewall show --family i", "inet", "ip", "ip6")]
    [InlineData("portolan firewall show sh")]
    [InlineData("portolan firewall con", "confirm")]
    [InlineData("portolan firewall --deb", "--debug")]
    [InlineData("portolan firewall trace --cou", "--count")]
    [InlineData("portolan help firewall tr", "trace")]
    [InlineData("portolan expl", "explain")]
    [InlineData("portolan explain 80 --pro", "--prove", "--probe")]
    [InlineData("portolan list --netst", "--netstat")]
    [InlineData("portolan --js", "--json")]
    [InlineData("portolan completions f", "fish")]
    [InlineData("portolan list --color a", "always", "auto")]
    [InlineData("portolan list --color = a", "always", "auto")]
    [InlineData("portolan list proc", "process")]
    [InlineData("portolan port postgresq", "postgresql")]
    [InlineData("portolan list state establ", "established")]
    [InlineData("portolan list --columns receiveQ", "receiveQueue")]
    [InlineData("portolan list --sort sendQ", "sendQueue")]
    [InlineData("portolan stop --signal T", "TERM")]
    [InlineData("portolan free --protocol b", "both")]
    [InlineData("portolan list --count ")]
    [InlineData("portolan scan -s", "-sS", "-sT", "-sU", "-sn", "-sL", "-sA", "-sN", "-sF", "-sX", "-sV", "-sC")]
    [InlineData("portolan scan -p postgresq", "postgresql")]
    [InlineData("portolan nonsense ")]
    public void Bash_completes(string line, params string[] expected)
    {
        // As readline would call it: the words, the last one being completed.
        const string script =
            """
            set -u
            eval "$("$1" completions bash)"
            shift
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            compopt() { :; }
            _portolan
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        var words = line.Split(' ').Select((word, i) => i == 0 ? PortolanProgram.Path : word);
        var result = Programs.Run("/bin/bash", ["-c", script, "bash", PortolanProgram.Path, .. words]).Expect(0);
        Assert.Equal("", result.Error);
        Assert.Equal(expected, result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("who")]
    [InlineData("stop")]
    public void The_ports_that_are_open_are_offered(string command)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        Assert.Contains($"{port}/tcp\t", PortolanProgram.Run("[suggest:1]", command, port).Expect(0).Output, StringComparison.Ordinal);
        using var bound = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        port = ((IPEndPoint)bound.Client.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
        Assert.Contains($"{port}/udp\t", PortolanProgram.Run("[suggest:1]", command, port).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Bash_registers_the_completion()
    {
        var result = Programs.Run(
            "/bin/bash", ["-c", "eval \"$(\"$1\" completions bash)\"; complete -p portolan", "bash", PortolanProgram.Path]).Expect(0);
        Assert.Equal("complete -F _portolan portolan\n", result.Output);
    }

    [Theory]
    [InlineData("portolan li", "list\t")]
    [InlineData("portolan list --netst", "--netstat\t")]
    [InlineData("portolan list -", "-t\t")]
    [InlineData("portolan list --color al", "always")]
    [InlineData("portolan completions f", "fish")]
    [InlineData("portolan firewall sh", "show\t")]
    [InlineData("portolan firewall show --by", "--by-rule\t")]
    [InlineData("portolan list proc", "process\t")]
    public void Fish_completes(string line, string expected)
    {
        var fish = Programs.Find("fish", "/usr/bin/fish");
        using var folder = new TemporaryFolder();
        var environment = Environment(folder);
        File.WriteAllText(folder["portolan.fish"], PortolanProgram.Run("completions", "fish").Expect(0).Output);
        var script = $"source {folder["portolan.fish"]}; complete -C '{line}'";
        var result = Programs.Run(fish, ["--no-config", "-c", script], environment: environment).Expect(0);
        Assert.Equal("", result.Error);
        Assert.Contains(result.Output.Split('\n'), word => word.StartsWith(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("portolan li", "list")]
    [InlineData("portolan list --netst", "--netstat")]
    [InlineData("portolan completions f", "fish")]
    [InlineData("portolan firewall sh", "show")]
    [InlineData("portolan firewall show --by", "--by-rule")]
    [InlineData("portolan list proc", "process")]
    [InlineData("portolan port --for", "--forget")]
    [InlineData("portolan port postgresq", "postgresql")]
    public void Zsh_completes(string line, string expected)
    {
        var zsh = Programs.Find("zsh", "/usr/bin/zsh", "/bin/zsh");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["_portolan"], PortolanProgram.Run("completions", "zsh").Expect(0).Output);

        // A shell on a pseudo terminal of its own completes the line when it gets a tab; its screen is searched for the word.
        const string script =
            """
            zmodload zsh/zpty
            screen=''
            await() {
                integer tries=400
                while (( tries-- )) && [[ $screen != *$1* ]]; do
                    sleep 0.05
                    while zpty -r -t shell piece; do screen+=$piece; done
                done
                [[ $screen == *$1* ]]
            }
            zpty shell zsh -f -i
            zpty -w shell "PS1=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; print ready-\$((40 + 2))"
            await ready-42 || exit 3
            screen=''
            zpty -w -n shell "$2"$'\t'
            await "$3"
            found=$?
            print -r -- "$screen"
            zpty -d shell
            exit $found
            """;
        Programs.Run(zsh, ["-f", "-c", script, "zsh", folder.Path, line, expected], environment: Environment(folder)).Expect(0);
    }

    private static Dictionary<string, string?> Environment(TemporaryFolder folder) => new(StringComparer.Ordinal)
    {
        ["PATH"] = $"{Path.GetDirectoryName(PortolanProgram.Path)}:/usr/bin:/bin",
        ["HOME"] = folder.Path,
        ["XDG_CONFIG_HOME"] = folder.Path,
        ["XDG_DATA_HOME"] = folder.Path,
        ["TERM"] = "xterm",
    };
}
