using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Diffing;

/// <summary>
/// Charts that the program draws where netlink is refused and /proc/net lacks the table of one protocol, as sandboxes have it: nothing of
/// that protocol is compared, in files as in the store.
/// </summary>
public sealed class UnseenProtocolTests : IDisposable
{
    /// <summary>
    /// Listeners of TCP and UDP, one more of each while the chart is whole, and a /proc of links to the real one. Charts: whole.json, then
    /// part.json without the table that $1 names and without the two more.
    /// </summary>
    private const string Script =
        """
        set -e
        folder=$1 hidden=$2 program=$3
        cd "$folder"
        ip link set lo up
        listen() {
            perl -MIO::Socket::INET -e '($t, $u) = @ARGV;
                $a = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $t, Listen => 5) or die;
                $b = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $u, Proto => "udp") or die;
                print "up\n"; close STDOUT; sleep 120' "$1" "$2" > "up$1" &
            eval "pid$1=$!"
            while [ ! -s "up$1" ]; do kill -0 $!; sleep 0.05; done
        }
        listen 7070 7071
        trap 'kill $pid7070' EXIT
        listen 7080 7081
        "$program" --json --store s.db > whole.json
        kill $pid7080
        wait $pid7080 || true
        mkdir real
        mount --rbind /proc real
        mount -t tmpfs tmpfs /proc
        for file in real/*; do ln -s "$folder/$file" /proc/; done
        rm /proc/thread-self
        mkdir -p /proc/thread-self/net
        for file in real/thread-self/net/*; do
            name=${file##*/}
            case $name in $hidden|${hidden}6) ;; *) ln -s "$folder/$file" /proc/thread-self/net/;; esac
        done
        perl -e '
            # A filter that refuses socket(AF_NETLINK, _, NETLINK_SOCK_DIAG), then the program (seccomp(2), x86-64).
            my $filter = join "", map { pack "SCCL", @$_ } [0x20, 0, 0, 0], [0x15, 0, 5, 41], [0x20, 0, 0, 16], [0x15, 0, 3, 16],
                [0x20, 0, 0, 32], [0x15, 0, 1, 4], [6, 0, 0, 0x50000 | 93], [6, 0, 0, 0x7fff0000];
            my $program = pack "Sx6P", length($filter) / 8, $filter;
            syscall(157, 38, 1, 0, 0, 0) == 0 && syscall(317, 1, 0, $program) == 0 or die $!;
            exec @ARGV or die $!' "$program" --json --store s.db > part.json
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("tcp", 7081, "udp")]
    [InlineData("udp", 7080, "tcp")]
    public void Ports_of_a_protocol_that_could_not_be_read_are_neither_closed_nor_opened(string hidden, int gone, string seen)
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the filter of system calls is for x86-64");
        Programs.Run(
            "/usr/bin/unshare",
            ["-rmn", "--propagation", "private", "sh", "-c", Script, "sh", _folder.Path, hidden, PortolanProgram.Path]).Expect(0);

        var part = JsonSchema.AssertValid(File.ReadAllText(_folder["part.json"]));
        Assert.Contains(
            part.GetProperty("missing").EnumerateArray(),
            fact => fact.GetProperty("code").GetString() == "sockets-unread" && fact.GetProperty("protocol").GetString() == hidden
                && fact.GetProperty("namespace").ValueKind == JsonValueKind.Null);
        Assert.Equal([$"closed {gone}/{seen}"], Changes("whole.json", "part.json"));
        Assert.Equal([$"opened {gone}/{seen}"], Changes("part.json", "whole.json"));
        var text = Run("diff", _folder["whole.json"], _folder["part.json"]).Output;
        Assert.Contains($"part.json does not show all ports of {hidden}\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("show every port", text, StringComparison.Ordinal);

        // What an older version wrote has no codes: nothing is taken for closed.
        File.WriteAllText(
            _folder["old.json"],
            Regex.Replace(File.ReadAllText(_folder["part.json"]), "\"code\": *\"sockets-unread\",\\s*", ""));
        Assert.Empty(Changes("whole.json", "old.json"));

        // The store: the chart of that moment says what it lacked, and no change of that protocol was found.
        var at = part.GetProperty("takenAt").GetString()!;
        var stored = JsonSchema.AssertValid(Run("--at", "today", "--json", "--store", _folder["s.db"]).Output);
        Assert.Equal(at, stored.GetProperty("takenAt").GetString());
        Assert.False(stored.GetProperty("complete").GetBoolean());
        Assert.True(JsonElement.DeepEquals(part.GetProperty("missing"), stored.GetProperty("missing")));
        var changes = Run("history", "--store", _folder["s.db"]).Output;
        Assert.Contains($"{gone}/{seen}", changes, StringComparison.Ordinal);
        Assert.DoesNotContain($"/{hidden}", changes, StringComparison.Ordinal);
    }

    private string[] Changes(string a, string b)
    {
        using var document = JsonDocument.Parse(Run("diff", _folder[a], _folder[b], "--json").Output);
        return [.. document.RootElement.GetProperty("changes").EnumerateArray().Select(
            static c => $"{c.GetProperty("change")} {c.GetProperty("ports")}/{c.GetProperty("protocol")}")];
    }

    private static RunResult Run(params string[] words) => PortolanProgram.Run(words).Expect(0);
}
