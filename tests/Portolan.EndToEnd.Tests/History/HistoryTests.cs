using System.Globalization;
using System.Text;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Scanning;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.History;

/// <summary>The store of the built program: real scans, charts and checks, the end of the program at any point, a full disk.</summary>
public sealed class HistoryTests(ScanLab lab) : IClassFixture<ScanLab>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_scan_that_is_stored_is_compared_with_the_next_one()
    {
        Shell("\"$0\" scan --store -sT -n -p 20-90,8080 198.18.0.2").Expect(0);
        var next = Shell("\"$0\" scan --store -sT -n -p 20-79 198.18.0.2").Expect(0);
        Assert.Contains("stored 1 host in ", next.Error, StringComparison.Ordinal);
        Assert.Contains(": no changes", next.Error, StringComparison.Ordinal);
        Assert.Contains("no changes", Shell("\"$0\" history host 198.18.0.2").Expect(0).Output, StringComparison.Ordinal);
        Assert.Matches("198.18.0.2 +8080/tcp +open", Shell("\"$0\" history 8080").Expect(0).Output);
        Assert.Contains("no changes", Shell("\"$0\" diff @now @now").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bare_store_takes_no_target_for_its_file()
    {
        Shell("\"$0\" scan --store 198.18.0.2 -sT -n -p 80").Expect(0);
        Assert.True(File.Exists(_folder["portolan", "history.db"]));
        Shell("\"$0\" scan 198.18.0.2 -sT -n -p 80 --store ./other.db").Expect(0);
        Assert.True(File.Exists(_folder["other.db"]));
        Assert.Contains("-sL sends nothing", Shell("\"$0\" scan --store -sL 198.18.0.2").Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_written_unless_it_is_asked_for()
    {
        Shell("\"$0\" scan -sT -n -p 80 198.18.0.2; \"$0\" >/dev/null; \"$0\" check 198.18.0.2:80; \"$0\" history; \"$0\" history host a");
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_check_is_kept_with_what_a_scan_says_of_the_same_port()
    {
        Shell("\"$0\" scan --store -sT -n -p 80,81 198.18.0.2").Expect(0);
        Shell("\"$0\" check --store tcp://198.18.0.2:80").Expect(0);
        Shell("\"$0\" check --store tcp://198.18.0.2:81").Expect(1);
        Assert.Contains("no changes", Shell("\"$0\" history host 198.18.0.2").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chart_is_kept_and_drawn_again()
    {
        Shell("\"$0\" --store >/dev/null").Expect(0);
        var drawn = Shell("\"$0\" --at today").Expect(0);
        Assert.Contains(" listen", drawn.Output, StringComparison.Ordinal);
        var document = Shell("\"$0\" --at today --json").Expect(0).Output;
        Assert.Empty(JsonSchema.Load("portolan.chart/1").Validate(JsonDocument.Parse(document).RootElement));
        Assert.Contains("not observed until", Shell("\"$0\" --at 2020-01-01").Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("not observed since", Shell("\"$0\" --at now").Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("the whole chart", Shell("\"$0\" --store 80").Expect(2).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_was_said_to_be_stored_is_there_after_the_program_was_killed(int seed)
    {
        // A file for each hour; a line says that one is stored.
        var random = new Random(seed);
        var files = Enumerable.Range(0, 120).Select(hour => WriteScan(hour, hosts: 3)).ToArray();
        var done = 0;
        for (var kill = 0; kill < 8; kill++)
        {
            using var program = Programs.Start(
                "/bin/sh",
                [
                    "-c", "cd \"$1\"; shift; exec \"$0\" history import --store history.db \"$@\"", PortolanProgram.Path, _folder.Path,
                    .. files,
                ]);
            for (var lines = random.Next(1, 15) + done; lines > 0; lines--)
            {
                var line = program.NextLine();
                Assert.NotNull(line);
                done += line.Contains("already stored", StringComparison.Ordinal) ? 0 : 1;
            }

            program.Signal("KILL");
            program.FinishUnread();
        }

        var rest = Shell($"\"$0\" history import --store history.db {string.Join(' ', files)}").Expect(0);
        Assert.DoesNotContain("damaged", rest.Error, StringComparison.Ordinal);
        Assert.True(rest.Output.Split("already stored").Length - 1 >= done, $"{done} were said to be stored:\n{rest.Output}");
        var host = JsonDocument.Parse(Shell("\"$0\" history host 198.18.0.2 --json --store history.db").Expect(0).Output).RootElement;
        Assert.Equal("2026-11-24T23:00:00Z", host.GetProperty("hosts")[0].GetProperty("lastLook").GetString());
        Assert.Equal(["history.db"], Directory.GetFiles(_folder.Path, "history.db*").Select(Path.GetFileName));
    }

    [Fact]
    public void A_full_disk_is_an_error_that_loses_nothing_that_was_stored()
    {
        var first = WriteScan(0, hosts: 2);
        var large = WriteScan(1, hosts: 4000);
        var script =
            $"""
            cd '{_folder.Path}'; mkdir -p disk; mount -t tmpfs -o size=600k none disk || exit 77
            "$0" history import --store disk/history.db {first} || exit 78
            "$0" history import --store disk/history.db {large}; echo "code $?"
            "$0" history host 198.18.0.2 --store disk/history.db || exit 79
            "$0" scan --store=./disk/history.db -sT -Pn -n -p 1-3 127.0.0.1 || exit 80
            """;
        var result = Programs.Run("/usr/bin/unshare", ["--mount", "/bin/sh", "-c", script, PortolanProgram.Path]);
        Assert.SkipWhen(result.ExitCode is 1 or 77, "a file system cannot be mounted here");
        result.Expect(0);
        Assert.Contains("no space is left on its disk; earlier entries are intact", result.Error, StringComparison.Ordinal);
        Assert.Contains("code 3\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("198.18.0.2: observed from 2026-11-20 00:00:00 to 2026-11-20 00:00:00", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Questions_are_answered_where_nothing_can_be_written()
    {
        var script =
            $"""
            export TZ=UTC TMPDIR=/dev/null
            cd '{_folder.Path}'; mkdir -p disk; mount -t tmpfs -o size=4m none disk || exit 77
            mkdir disk/made
            "$0" history import --store disk/made/history.db {WriteScan(0, hosts: 3)} {WriteScan(1, hosts: 3)} >/dev/null || exit 78
            ask() (
              "$0" history -n 1 --store "$1" >answer && grep -q '198.18.0' answer || exit 1
              "$0" history host 198.18.0.2 --store "$1" >answer && grep -q 'observed from 2026-11-20 00:00:00' answer || exit 2
              "$0" history at 2026-11-20T01:00 9 --store "$1" >answer && grep -q '198.18.0.2' answer || exit 3
              "$0" diff @2026-11-20T00:00 @2026-11-20T01:00 --store "$1" >answer; test $? -le 1 || exit 4
            )
            cat /dev/zero >disk/fill 2>/dev/null; ask disk/made/history.db; echo "full $?"
            rm disk/fill; chmod 0444 disk/made/history.db; chmod 0555 disk/made; ls disk/made
            cd disk/made; nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
            chmod 0755 ../..; $nobody "$0" history host 198.18.0.2 --store history.db >/dev/null; echo "nobody $?"; cd ../..
            mount -o remount,ro disk; ask disk/made/history.db; echo "read-only $?"; ls disk/made
            """;
        var result = Programs.Run("/usr/bin/unshare", ["--mount", "/bin/sh", "-c", script, PortolanProgram.Path]);
        Assert.SkipWhen(result.ExitCode is 1 or 77, "a file system cannot be mounted here");
        result.Expect(0);
        var lines = result.Output.Split('\n');
        Assert.Contains("full 0", lines);
        Assert.Contains("nobody 0", lines);
        Assert.Contains("read-only 0", lines);
        Assert.Equal(2, lines.Count(static line => line == "history.db"));
        Assert.DoesNotContain("history.db-wal", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("missing:", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_pipe_is_refused_at_once()
    {
        var script = "mkfifo pipe.db; ln -s pipe.db link.db; for words in 'history' 'history at now 80' 'history prune --keep 90d'; do "
            + "for store in pipe.db link.db; do timeout 60 \"$0\" $words --store $store; echo $?; done; done";
        var result = Shell(script);
        Assert.Equal("3\n3\n3\n3\n3\n3\n", result.Output);
        Assert.Contains("portolan: pipe.db is empty, or not a file: not a store", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_store_on_a_read_only_medium_is_not_to_be_repaired_there()
    {
        var script =
            $"""
            cd '{_folder.Path}'; mkdir -p disk; mount -t tmpfs -o size=4m none disk || exit 77
            "$0" history import --store ./disk/history.db {WriteScan(0, hosts: 3)} >/dev/null || exit 78
            dd if=/dev/zero of=disk/history.db bs=100 count=1 conv=notrunc 2>/dev/null
            "$0" history --store ./disk/history.db
            mount -o remount,ro disk; "$0" history --store ./disk/history.db
            """;
        var result = Programs.Run("/usr/bin/unshare", ["--mount", "/bin/sh", "-c", script, PortolanProgram.Path]);
        Assert.SkipWhen(result.ExitCode is 1 or 77, "a file system cannot be mounted here");
        const string Damage = "portolan: the store ./disk/history.db is damaged: its header is not a database header\nhint: ";
        Assert.Equal(
            Damage + "portolan --store=./disk/history.db salvages readable entries into a new store and keeps the damaged file beside it\n"
            + Damage + "copy the file to a writable folder; "
            + "portolan --store=COPY then salvages readable entries into a new store\n",
            result.Error);
    }

    [Fact]
    public void What_a_killed_writer_left_in_the_log_is_answered_or_said_to_be_missing()
    {
        var script =
            $"""
            cd '{_folder.Path}'; mkdir -p disk; mount -t tmpfs -o size=8m none disk || exit 77
            "$0" history import --store disk/history.db {WriteScan(0, hosts: 3)} >/dev/null || exit 78
            "$0" scan --store=./disk/history.db -sT -Pn -n -p 1-60000 127.0.0.0/20 >/dev/null 2>&1 & scan=$!
            trap 'kill -9 $scan 2>/dev/null' EXIT
            tries=0; until test -s disk/history.db-wal; do test $((tries = tries + 1)) -lt 300 || exit 79; sleep 0.1; done
            kill -9 $scan; wait $scan; rm -f disk/history.db-shm; test -s disk/history.db-wal || exit 80
            mount -o remount,ro disk || exit 81
            "$0" history host 198.18.0.2 --store disk/history.db 2>errors || exit 82; cat errors
            mount -t tmpfs -o ro none /dev/shm || exit 83
            export TMPDIR=/dev/null
            "$0" history host 198.18.0.2 --store disk/history.db --json
            """;
        File.WriteAllText(_folder["script"], script.Replace("\"$0\"", "\"$1\"", StringComparison.Ordinal));
        var result = Shell("unshare --mount /bin/sh ./script \"$0\"");
        Assert.SkipWhen(result.ExitCode is 1 or 77, "a file system cannot be mounted here");
        result.Expect(0);
        Assert.StartsWith("198.18.0.2: observed from ", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("portolan: missing", result.Output, StringComparison.Ordinal);
        Assert.Matches("portolan: missing: everything stored after 20[-0-9: ]+ UTC: the store's log disk/history.db-wal ", result.Error);
        Assert.Contains("\"code\":\"store-log\"", result.Output.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_store_is_said_to_be_and_the_next_run_is_stored_in_a_new_one()
    {
        var files = Enumerable.Range(0, 8).Select(hour => WriteScan(hour, 60));
        Shell($"\"$0\" history import --store ./own.db {string.Join(' ', files)}").Expect(0);
        Shell("dd if=/dev/urandom of=own.db bs=1000 seek=60 count=20 conv=notrunc 2>&1").Expect(0);
        var asked = Shell("\"$0\" history prune --keep 3000d --dry-run --store ./own.db; \"$0\" history -n all --store ./own.db");
        Assert.DoesNotContain("unexpected", asked.Error, StringComparison.Ordinal);
        var stored = Shell("\"$0\" scan --store=./own.db -sT -n -p 80 198.18.0.2").Expect(0);
        Assert.Matches(
            @"portolan: the store \./own\.db is damaged: [^*\n]+; it was kept as [^ ]+/own\.db\.damaged-[0-9TZ]+, and a new store was created; "
            + @"its readable entries were copied: hosts [0-9]+, looks [0-9]+, changes [0-9]+, ports [0-9]+, chart rows 0\n", stored.Error);
        Assert.Contains("portolan: stored 1 host in ./own.db: ", stored.Error, StringComparison.Ordinal);
        var next = Shell("\"$0\" scan --store=./own.db -sT -n -p 80 198.18.0.2").Expect(0);
        Assert.DoesNotContain("damaged", next.Error, StringComparison.Ordinal);
        var answer = Shell("\"$0\" history host 198.18.0.2 --store ./own.db").Expect(0);
        Assert.Contains("portolan: missing: some of what was stored before ", answer.Error, StringComparison.Ordinal);
        Assert.Contains("\"store-damage\"", Shell("\"$0\" history --json --store ./own.db").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Pruning_frees_room_on_a_disk_that_has_none()
    {
        var files = Enumerable.Range(0, 8).Select(hour => WriteScan(hour, hosts: 60)).ToArray();
        var script =
            $"""
            cd '{_folder.Path}'; mkdir -p disk; mount -t tmpfs -o size=4m none disk || exit 77
            "$0" history import --store disk/history.db {string.Join(' ', files)} >/dev/null || exit 78
            cat /dev/zero >disk/fill 2>/dev/null
            stat -c 'length %s' disk/history.db; df --output=avail -B1 disk | tail -n 1
            "$0" history prune --keep 2026-11-20T06:00 --store disk/history.db || exit 79
            stat -c 'length %s' disk/history.db; df --output=avail -B1 disk | tail -n 1
            "$0" history host 198.18.0.2 --store disk/history.db || exit 80
            "$0" history prune --keep 2026-11-20T06:00 --store disk/history.db || exit 81
            """;
        var result = Programs.Run(
            "/usr/bin/unshare", ["--mount", "/bin/sh", "-c", $"export TZ=UTC; {script}", PortolanProgram.Path]);
        Assert.SkipWhen(result.ExitCode is 1 or 77, "a file system cannot be mounted here");
        result.Expect(0);
        var lines = result.Output.Split('\n');
        Assert.Equal("0", lines[1].Trim());
        Assert.Matches("^removed [0-9]+ looks, [0-9]+ changes from before 2026-11-20 06:00:00; the store was ", lines[2]);
        var (before, after) = (Length(lines[0]), Length(lines[3]));
        Assert.True(after < before, result.Output);
        Assert.True(long.Parse(lines[4], CultureInfo.InvariantCulture) > 0, result.Output);
        Assert.Contains("198.18.0.2: observed from 2026-11-20 00:00:00 to 2026-11-20 07:00:00", result.Output, StringComparison.Ordinal);
        Assert.Contains("nothing to remove from before", result.Output, StringComparison.Ordinal);

        static long Length(string line) => long.Parse(line["length ".Length..], CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_damaged_store_on_a_disk_with_little_room_is_either_renewed_whole_or_left_alone()
    {
        var files = Enumerable.Range(0, 3).Select(hour => WriteScan(hour, hosts: 30));
        File.WriteAllText(_folder["script"],
            $"""
            cd '{_folder.Path}'; mkdir -p disk; mount -t tmpfs -o size=1200k none disk || exit 77
            "$1" history import --store ./whole.db {string.Join(' ', files)} >/dev/null || exit 78
            for room in 20 60 100 140 180 220 260 300 340 400; do
              rm -f disk/*; cp whole.db disk/s.db; dd if=/dev/urandom of=disk/s.db bs=4096 seek=12 count=1 conv=notrunc 2>/dev/null
              dd if=/dev/zero of=disk/fill bs=1k 2>/dev/null; truncate -s -"$room"k disk/fill
              "$1" scan --store=./disk/s.db -sT -Pn -n -p 1 127.0.0.1 >/dev/null 2>said; code=$?
              rm disk/fill
              if test $code = 0; then echo stored; else echo refused; grep -qE 'no space is left|disk is full' said || cat said; fi
              "$1" scan --store=./disk/s.db -sT -Pn -n -p 1 127.0.0.1 >/dev/null 2>said || cat said
              "$1" history host 127.0.0.1 --store disk/s.db 2>/dev/null | head -n 1
            done
            """);
        var result = Shell("unshare --mount /bin/sh ./script \"$0\"");
        Assert.SkipWhen(result.ExitCode is 1 or 77, "a file system cannot be mounted here");
        result.Expect(0);
        var lines = result.Output.TrimEnd().Split('\n');
        Assert.Equal(20, lines.Length);
        Assert.Contains("stored", lines);
        Assert.Contains("refused", lines);
        Assert.Equal(10, lines.Count(static line => line.StartsWith("127.0.0.1: observed from", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_store_whose_first_look_fills_the_disk_is_not_said_to_keep_anything()
    {
        var script =
            $"""
            cd '{_folder.Path}'; mkdir -p disk; mount -t tmpfs -o size=64k none disk || exit 77
            "$0" history import --store disk/history.db {WriteScan(0, hosts: 400)}; echo "code $?"
            """;
        var result = Programs.Run("/usr/bin/unshare", ["--mount", "/bin/sh", "-c", script, PortolanProgram.Path]);
        Assert.SkipWhen(result.ExitCode is 1 or 77, "a file system cannot be mounted here");
        Assert.Contains("code 3\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("no space is left on its disk", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("still there", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scan_whose_store_fills_the_disk_goes_on_and_ends_with_3()
    {
        var script =
            $"""
            cd '{_folder.Path}'; mkdir -p disk; mount -t tmpfs -o size=300k none disk || exit 77
            "$0" scan --store=./disk/history.db -sT -Pn -n -p 1 127.0.0.1 || exit 78
            dd if=/dev/zero of=disk/fill bs=1k count=400 2>/dev/null
            "$0" scan --store=./disk/history.db -sT -Pn -n -p 1-200 127.0.0.0/22 --json >found.json; echo "code $?"
            rm disk/fill
            "$0" history host 127.0.0.1 --store disk/history.db || exit 79
            """;
        var result = Programs.Run("/usr/bin/unshare", ["--mount", "/bin/sh", "-c", script, PortolanProgram.Path]);
        Assert.SkipWhen(result.ExitCode is 1 or 77, "a file system cannot be mounted here");
        result.Expect(0);
        Assert.Contains("no space is left on its disk", result.Error, StringComparison.Ordinal);
        Assert.Contains("code 3\n", result.Output, StringComparison.Ordinal);
    }

    private string WriteScan(int hour, int hosts)
    {
        var text = new StringBuilder();
        var time = new DateTimeOffset(2026, 11, 20, 0, 0, 0, TimeSpan.Zero).AddHours(hour);
        text.Append("{\"schema\":\"portolan.scan/1\",\"event\":\"start\",")
            .Append(CultureInfo.InvariantCulture, $"\"startedAt\":\"{time:yyyy-MM-ddTHH:mm:ssZ}\",")
            .Append("\"args\":[],\"scans\":[{\"type\":\"syn\",\"protocol\":\"tcp\",\"ports\":\"1-1000\"}]}\n");
        for (var host = 2; host < hosts + 2; host++)
        {
            var address = string.Create(CultureInfo.InvariantCulture, $"198.18.{host / 256}.{host % 256}");
            var port = ((hour * 7) + host) % 1000 + 1;
            text.Append(CultureInfo.InvariantCulture, $"{{\"event\":\"port\",\"address\":\"{address}\",")
                .Append(CultureInfo.InvariantCulture, $"\"protocol\":\"tcp\",\"port\":{port},")
                .Append(CultureInfo.InvariantCulture, $"\"state\":\"open\",\"reason\":\"syn-ack\",\"banner\":\"hello {host} {hour}\"}}\n")
                .Append(CultureInfo.InvariantCulture, $"{{\"event\":\"host\",\"address\":\"{address}\",")
                .Append("\"status\":\"up\",\"reason\":\"syn-ack\",")
                .Append("\"complete\":true,\"counts\":[{\"protocol\":\"tcp\",\"state\":\"closed\",\"reason\":\"reset\",\"count\":9}]}\n");
        }

        text.Append("{\"event\":\"end\",\"hostsTotal\":1,\"complete\":true,\"missRateBound\":0}\n");
        var name = string.Create(CultureInfo.InvariantCulture, $"scan-{hour:000}-{hosts}.jsonl");
        File.WriteAllText(_folder[name], text.ToString());
        return name;
    }

    private RunResult Shell(string script) =>
        lab.Shell($"cd '{_folder.Path}'; export XDG_STATE_HOME='{_folder.Path}' TZ=UTC; {script}");
}
