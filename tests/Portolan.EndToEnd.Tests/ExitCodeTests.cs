using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>Every exit code that a page of docs/cli names, from the built program in a situation that leads to it.</summary>
public sealed partial class ExitCodeTests
{
    /// <summary>
    /// Situations as shell: <c>$P</c> is the program, <c>nobody</c> runs it as an ordinary user, <c>at SIGNAL</c> runs it, waits for its
    /// first line on stdout or stderr and sends the signal, <c>no</c> runs it at a terminal and says no. The host has a network namespace
    /// of its own with loopback up, and a listener on 127.0.0.1:7070.
    /// </summary>
    private static readonly Dictionary<string, string> Situations = new(StringComparer.Ordinal)
    {
        ["portolan 0"] = "$P",
        ["portolan 1"] = "$P 7071",
        ["portolan 129"] = "at HUP --watch=60 --json",
        ["portolan 130"] = "at INT --watch=60 --json",
        ["portolan 143"] = "at TERM --watch=60 --json",
        ["list 0"] = "$P list -tln",
        ["list 129"] = "at HUP list -tl --watch=60",
        ["list 130"] = "at INT list -tl --watch=60",
        ["list 143"] = "at TERM list -tl --watch=60",
        ["who 0"] = "$P who 7070",
        ["who 1"] = "$P who 7071",
        ["free 0"] = "$P free",
        ["free 1"] = "$P free 7070-7070 --protocol tcp",
        ["port 0"] = "$P port https",
        ["port 1"] = "$P port --search no-such-service-has-these-words",
        ["doctor 0"] = "$P doctor",
        ["version 0"] = "$P version",
        ["help 0"] = "$P help list",
        ["completions 0"] = "$P completions bash",
        ["stop 0"] = "$P stop 7070 --dry-run --force",
        ["stop 1"] = "$P stop 7071 --yes",
        ["stop 4"] = "nobody stop 7070 --dry-run",
        ["check 0"] = "$P check tcp://127.0.0.1:7070",
        ["check 1"] = "$P check tcp://127.0.0.1:7071",
        ["check 3"] = "$P check tcp://203.0.113.1:80",
        ["check 129"] = "at HUP check tcp://127.0.0.1:7070 --watch=60",
        ["check 130"] = "at INT check tcp://127.0.0.1:7070 --watch=60",
        ["check 143"] = "at TERM check tcp://127.0.0.1:7070 --watch=60",
        ["diff 0"] = InFiles("$P diff $A $B"),
        ["diff 1"] = InFiles("$P diff $A $B --ports 1-100 --fail-on opened"),
        ["diff 3"] = "$P diff /dev/null /dev/null",
        ["history 0"] = InStore("$P history 7070"),
        ["history 1"] = InStore("$P history 7071"),
        ["history 3"] = "$P history --store /dev/zero",
        ["history-host 0"] = InStore("$P history host 127.0.0.1"),
        ["history-host 1"] = InStore("$P history host 192.0.2.1"),
        ["history-at 0"] = InStore("$P history at today 7070"),
        ["history-at 1"] = InStore("$P history at 2020-01-01 7070"),
        ["history-at 3"] = "$P history at now 80 --store /dev/zero",
        ["history-import 0"] = InStore(InFiles("$P history import $A --ports 1-100 --taken now")),
        ["history-import 3"] = InStore("$P history import /dev/null"),
        ["history-prune 0"] = InStore("$P history prune --keep 90d"),
        ["history-prune 1"] = "XDG_STATE_HOME=/nowhere $P history prune --keep 90d",
        ["history-prune 3"] = "$P history prune --keep 90d --store /dev/zero",
        ["history-host 3"] = "$P history host 127.0.0.1 --store /dev/zero",
        ["explain 0"] = "outside; listen 0.0.0.0 7072; $P explain 7072 --from 198.18.0.9",
        ["explain 1"] = "$P explain 7071",
        ["explain 3"] = "outside; $P explain 203.0.113.1:80",
        ["explain 4"] = "outside; listen 0.0.0.0 7072; nobody explain 7072 --from 198.18.0.9",
        ["scan 0"] = "$P scan -sT -p 7070 127.0.0.1",
        ["scan 3"] = "$P scan -sT -Pn -p 80 203.0.113.1",
        ["scan 4"] = "nobody scan -sS -p 7070 127.0.0.1",
        ["scan 129"] = "at HUP scan -sT -v --max-rate 5 -p 7070,1-2000 127.0.0.1",
        ["scan 130"] = "at INT scan -sT -v --max-rate 5 -p 7070,1-2000 127.0.0.1",
        ["scan 143"] = "at TERM scan -sT -v --max-rate 5 -p 7070,1-2000 127.0.0.1",
        ["forward 0"] = "$P forward 127.0.0.1:7080 127.0.0.1:7070 --dry-run",
        ["forward 1"] = "$P forward 127.0.0.1:7070 127.0.0.1:7071 --dry-run",
        ["forward 3"] = "$P forward 127.0.0.1:7070 127.0.0.1:7071",
        ["forward 4"] = "nobody forward 127.0.0.1:80 127.0.0.1:7070",
        ["forward 130"] = "at INT forward 127.0.0.1:7080 127.0.0.1:7070 --json",
        ["forward 143"] = "at TERM forward 127.0.0.1:7080 127.0.0.1:7070 --json",
        ["traffic 0"] = "$P traffic --for 100ms",
        ["traffic 4"] = "nobody traffic --method tracepoints --for 100ms",
        ["traffic 129"] = "at HUP traffic --json",
        ["traffic 130"] = "at INT traffic --json",
        ["traffic 143"] = "at TERM traffic --json",
        ["traffic-capture 0"] = "$P traffic capture -o /dev/null --for 100ms",
        ["traffic-capture 3"] = "$P traffic capture -o /no/such/folder/web.pcapng --for 100ms",
        ["traffic-capture 4"] = "nobody traffic capture -o /dev/null --for 100ms",
        ["traffic-capture 129"] = "at HUP traffic capture -o -",
        ["traffic-capture 130"] = "at INT traffic capture -o -",
        ["traffic-capture 143"] = "at TERM traffic capture -o -",
        ["allow 0"] = "$P allow 7070/tcp --dry-run",
        ["allow 1"] =
            """
            outside; export P; unshare -m sh -c 'mount -t tmpfs none /mnt; cp -a /etc/. /mnt; mount --bind /mnt /etc
            ufw --force enable >/dev/null 2>&1
            printf "n\n" | script -q -e -c "$P allow 7070/tcp --via ufw" /dev/null'
            """,
        ["allow 4"] = "nobody allow 7070/tcp --yes",
        ["block 0"] = "$P block 7070/tcp --dry-run",
        ["block 1"] = "no block 7070/tcp --cut",
        ["block 4"] = "nobody block 7070/tcp --yes",
        ["reject 0"] = "$P reject 7070/tcp --dry-run",
        ["reject 1"] = "no reject 7070/tcp --cut",
        ["reject 4"] = "nobody reject 7070/tcp --yes",
        ["firewall-show 0"] = "$P firewall show",
        ["firewall-show 1"] = "$P firewall show --table no-such-table",
        ["firewall-show 4"] = "nobody firewall show",
        ["firewall-close-unused 0"] = "$P firewall close-unused --dry-run",
        ["firewall-close-unused 4"] = "nobody firewall close-unused --yes",
        ["firewall-close-unused 1"] = "no firewall close-unused",
        ["firewall-confirm 0"] = "$P block 7070/tcp --yes; $P firewall confirm --force",
        ["firewall-confirm 1"] = "$P firewall confirm",
        ["firewall-confirm 4"] = "nobody firewall confirm",
        ["firewall-undo 0"] = "$P block 7070/tcp --yes; $P firewall undo",
        ["firewall-undo 1"] = "$P firewall undo",
        ["firewall-undo 4"] = "nobody firewall undo",
        ["firewall-trace 0"] =
            "$P firewall trace 7070 --count 1 & trace=$!; while kill -0 $trace; do perl -MIO::Socket::INET -e "
                + "'IO::Socket::INET->new(\"127.0.0.1:7070\")'; sleep 0.05; done; wait $trace",
        ["firewall-trace 1"] = "$P firewall trace 7070 --for 100ms",
        ["firewall-trace 4"] = "nobody firewall trace 7070 --for 100ms",
        ["firewall-trace 129"] = "at HUP firewall trace 7070",
        ["firewall-trace 130"] = "at INT firewall trace 7070",
        ["firewall-trace 143"] = "at TERM firewall trace 7070",
        ["watch 0"] = "$P watch --for 1s --store /tmp/watch-$$.db; c=$?; rm -f /tmp/watch-$$.db*; (exit $c)",
        ["watch 3"] = "$P watch --store /no/such/folder/history.db",
        ["watch-check 0"] = InReceivers("$P watch check $w"),
        ["watch-check 1"] = "$P watch check /dev/null",
        ["watch-check 3"] = "$P watch check /dev/null >/dev/full",
        ["watch-test 0"] = InReceivers(
            "perl -MIO::Socket::INET -e '$l=IO::Socket::INET->new(Listen=>1,LocalAddr=>\"127.0.0.1:7073\");$c=$l->accept;"
                + "while(<$c>){last if /^\\r/} print $c \"HTTP/1.1 204 OK\\r\\nConnection: close\\r\\n\\r\\n\"' & "
                + "until ss -Htln sport = :7073 | grep -q 7073; do sleep 0.05; done; $P watch test $w hook"),
        ["watch-test 3"] = InReceivers("$P watch test $w hook"),
        ["serve 0"] = "XDG_STATE_HOME=/tmp/serve-$$ $P serve --new-token backup; c=$?; rm -r /tmp/serve-$$; (exit $c)",
        ["serve 1"] = "XDG_STATE_HOME=/tmp/serve-$$ $P serve --remove-token nosuchtoken; c=$?; rm -r /tmp/serve-$$; (exit $c)",
        ["serve 3"] = "XDG_STATE_HOME=/tmp/serve-$$ $P serve --listen 7070; c=$?; rm -r /tmp/serve-$$; (exit $c)",
        ["serve 4"] = "mkdir -m 700 /tmp/serve-$$; XDG_STATE_HOME=/tmp/serve-$$/x nobody serve; c=$?; rm -r /tmp/serve-$$; (exit $c)",
        ["agent-join 3"] =
            "d=/tmp/join-$$; mkdir $d; printf '{\"name\":\"a\",\"zone\":\"b\",\"broker\":\"amqp://g@127.0.0.1:1/v\",\"secret\":\"s\"}' "
                + "| base64 -w0 | sed 's/^/ptl1./' | $P agent join --config $d/a.yaml; c=$?; rm -r $d; (exit $c)",
        ["agent-leave 3"] = InFleet("$P agent leave --config $d/a"),
        ["fleet-agents 3"] = InFleet("$P fleet agents --config $d/f"),
        ["fleet-cancel 3"] = InFleet("$P fleet cancel 1 --config $d/f"),
        ["fleet-drain 3"] = InFleet("$P fleet drain a --config $d/f"),
        ["fleet-forget 3"] = InFleet("$P fleet forget 1 --config $d/f"),
        ["fleet-init 3"] = InFleet("$P fleet init --config $d/f"),
        ["fleet-invite 3"] = InFleet("$P fleet invite a --zone b --config $d/f"),
        ["fleet-jobs 3"] = InFleet("$P fleet jobs --config $d/f"),
        ["fleet-results 3"] = InFleet("$P fleet results 1 --config $d/f"),
        ["fleet-revoke 3"] = InFleet("$P fleet revoke a --config $d/f"),
        ["fleet-serve 3"] = InFleet("$P fleet serve --config $d/f"),
        ["fleet-status 3"] = InFleet("$P fleet status --config $d/f"),
        ["fleet-start 3"] = InFleet("$P fleet start 192.0.2.1 --zone lan --config $d/f"),
        ["lab-list 0"] = "$P lab list",
        ["lab-show 0"] = "$P lab show campus",
        ["lab-check 0"] =
            "$P lab show campus --yaml >/tmp/lab-$$.yaml && $P lab check /tmp/lab-$$.yaml; c=$?; rm -f /tmp/lab-$$.yaml; (exit $c)",
        ["lab-check 3"] =
            "mkdir /tmp/alone-$$; cp $P /tmp/alone-$$/portolan; /tmp/alone-$$/portolan lab check campus; c=$?; rm -r "
                + "/tmp/alone-$$; (exit $c)",
        ["lab-check 1"] = "echo 'hosts: 5' >/tmp/lab-$$.yaml; $P lab check /tmp/lab-$$.yaml; c=$?; rm -f /tmp/lab-$$.yaml; (exit $c)",
        ["lab-truth 0"] = "$P lab truth campus",
        ["lab-run 0"] = "$P lab run campus -- /bin/true",
        ["lab-run 1"] =
            "$P lab show two-browsers --yaml | sed 's/ports: .*]/ports: { 80: closed }/' >/tmp/lab-$$.yaml; $P lab run /tmp/lab-$$.yaml; "
                + "c=$?; rm -f /tmp/lab-$$.yaml; (exit $c)",
        ["lab-run 3"] = "$P lab run two-browsers >/dev/full",
        ["lab-run 4"] = Confined("lab run campus -- /bin/true"),
        ["lab-run 129"] = "at HUP lab run campus",
        ["lab-run 130"] = "at INT lab run campus",
        ["lab-run 143"] = "at TERM lab run campus",
        ["lab-enter 0"] = "$P lab enter office web",
        ["lab-enter 3"] = "ulimit -n 20; $P lab enter office web",
        ["lab-enter 4"] = Confined("lab enter office web"),
        ["lab-enter 129"] = InShell("at HUP lab enter office web"),
        ["lab-enter 130"] = InShell("at INT lab enter office web"),
        ["lab-enter 143"] = InShell("at TERM lab enter office web"),
        ["lab-exec 0"] = "$P lab exec office web -- /bin/true",
        ["lab-exec 3"] = "ulimit -n 20; $P lab exec office web -- /bin/true",
        ["lab-exec 4"] = Confined("lab exec office web -- /bin/true"),
        ["lab-exec 129"] = "at HUP lab exec office web -- sh -c 'echo up; exec sleep 60'",
        ["lab-exec 130"] = "at INT lab exec office web -- sh -c 'echo up; exec sleep 60'",
        ["lab-exec 143"] = "at TERM lab exec office web -- sh -c 'echo up; exec sleep 60'",
        ["lab-score 0"] =
            "$P lab truth scan-me --xml >/tmp/score-$$; $P lab score scan-me /tmp/score-$$; c=$?; rm -f /tmp/score-$$; (exit $c)",
        ["lab-score 1"] = "printf '#masscan\\nopen tcp 1 198.18.0.2 1700000000\\n# end\\n' | $P lab score scan-me /dev/stdin",
    };

    /// <summary>What takes a broker and a database, and is reached with these by FleetProgramTests.</summary>
    private static readonly string[] InFleetProgramTests =
    [
        "agent 0", "agent 3", "agent-join 0", "agent-leave 0", "fleet-agents 0", "fleet-cancel 0", "fleet-cancel 1",
        "fleet-drain 0", "fleet-drain 1", "fleet-status 0", "fleet-status 1",
        "fleet-forget 0", "fleet-forget 1", "fleet-init 0",
        "fleet-invite 0", "fleet-jobs 0", "fleet-jobs 1", "fleet-results 0", "fleet-results 1", "fleet-revoke 0", "fleet-revoke 1",
        "fleet-serve 0", "fleet-start 0",
    ];

    public static TheoryData<string, int> Named
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var (page, code) in NamedByPages().Where(n => !InFleetProgramTests.Contains($"{n.Page} {n.Code}")))
            {
                data.Add(page, code);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Named))]
    public void A_page_names_codes_that_the_command_ends_with(string page, int code)
    {
        var key = $"{page} {code}";
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root for a network namespace of its own");
        var words = page == "portolan" ? "" : page.Replace('-', ' ');
        var script = Situations.GetValueOrDefault(key) ?? code switch
        {
            // A wrong option, and a disk that is full, are the same for every command.
            2 => $"$P {words} --frobnicate",
            3 when Situations.GetValueOrDefault($"{page} 0") is { } works => $"({works}) >/dev/full",
            _ => null,
        };
        Assert.True(script is not null, $"docs/cli/portolan-{page}.md names {code}, and no situation leads to it: add one to Situations");

        var result = Run(script);

        Assert.True(result.ExitCode == code, $"{script}\nended with {result.ExitCode}:\n{result.Output}{result.Error}");
    }

    [Fact]
    public void Each_situation_is_of_a_code_that_a_page_names()
    {
        var named = NamedByPages().Select(n => $"{n.Page} {n.Code}").ToHashSet();

        Assert.Empty(Situations.Keys.Concat(InFleetProgramTests).Where(key => !named.Contains(key)));
    }

    private static IEnumerable<(string Page, int Code)> NamedByPages()
    {
        foreach (var path in Directory.GetFiles(Repository.PathOf("docs", "cli"), "*.md").Order(StringComparer.Ordinal))
        {
            var page = Path.GetFileNameWithoutExtension(path);
            foreach (Match match in CodeRow().Matches(File.ReadAllText(path)))
            {
                yield return (page == "portolan" ? page : page["portolan-".Length..],
                    int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }

    // An ordinary user whose root is not that of its mount namespace may not make a user namespace (clone(2), EPERM).
    private static string Confined(string words) =>
        $"mkdir /tmp/root-$$; unshare --mount sh -c 'mount --rbind / $1 && shift && exec chroot \"$0\" \"$@\"' /tmp/root-$$ /tmp/root-$$ "
            + $"$nobody {words}; c=$?; rmdir /tmp/root-$$; (exit $c)";

    // With the files $A and $B, two lists of masscan's: in the second one more port is open.
    // A store of the user's own, with a scan of the listener.
    /// <summary>The settings of a fleet, <c>$d/f</c>, and of an agent, <c>$d/a</c>, whose servers are not there.</summary>
    // $w names a webhook where no server listens yet.
    private static string InReceivers(string command) =>
        "w=/tmp/watch-$$.yaml; printf 'schema: portolan.watch/1\\nreceivers: { hook: { kind: webhook, "
            + $"url: \"http://127.0.0.1:7073\" }} }}\\n' >$w; {command}; c=$?; rm -f $w; (exit $c)";

    private static string InFleet(string command) =>
        "d=/tmp/fleet-$$; mkdir -m 700 $d; (umask 077; echo x >$d/p; "
            + "printf 'broker: amqp://a@127.0.0.1:1/v\\nbroker-password-file: p\\n' | tee $d/f >$d/a); "
            + "printf 'database: postgresql://u@127.0.0.1:1/d\\ndatabase-password-file: p\\n' >>$d/f; printf 'zone: z\\n' >>$d/a; "
            + command + "; c=$?; rm -r $d; (exit $c)";

    private static string InStore(string words) =>
        "export XDG_STATE_HOME=$(mktemp -d); $P scan --store -sT -Pn -n -p 7070 127.0.0.1 >/dev/null 2>&1; "
        + $"{words}; c=$?; rm -r $XDG_STATE_HOME; (exit $c)";

    private static string InFiles(string words) =>
        "A=$(mktemp); B=$(mktemp); printf '#masscan\\nopen tcp 22 198.18.0.2 1795231926\\n# end\\n' >$A; "
        + "printf '#masscan\\nopen tcp 22 198.18.0.2 1795331926\\nopen tcp 80 198.18.0.2 1795331926\\n# end\\n' >$B; "
        + $"{words}; c=$?; rm -f $A $B; (exit $c)";

    // A shell that says a line and waits. A shell with a program before it would first wait for the end of that when it gets SIGINT.
    private static string InShell(string script) =>
        $"printf '#!/bin/sh\\necho up\\nexec sleep 60\\n' >/tmp/shell-$$; chmod +x /tmp/shell-$$; export SHELL=/tmp/shell-$$; "
        + $"{script}; c=$?; rm -f /tmp/shell-$$; (exit $c)";

    private static RunResult Run(string script)
    {
        var nobody = string.Join(' ', PortolanProgram.AsNobody([]).Select(word => $"'{word}'"));
        var whole =
            $$"""
            {{Changing.PrivateMachine.CopyOfEtc}}P={{PortolanProgram.Path}}
            nobody="{{nobody.Replace("'", "", StringComparison.Ordinal)}}"
            nobody() { {{nobody}} "$@"; }
            no() { printf 'n\n' | script -q -e -c "$P $*" /dev/null; }
            at() {
                signal=$1; shift
                said=$(mktemp)
                env --default-signal=INT "$P" "$@" >"$said" 2>&1 & program=$!
                while [ ! -s "$said" ] && kill -0 $program; do sleep 0.05; done
                kill -s $signal $program
                wait $program; code=$?
                cat "$said"; rm -f "$said"
                return $code
            }
            outside() { ip link add out0 type veth peer name out1; ip address add 198.18.0.1/24 dev out0; ip link set out0 up; ip link set out1 up; ip route add default via 198.18.0.9; }
            ip link set lo up
            listen() {
                perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => $ARGV[1], Listen => 5, ReuseAddr => 1) or die; close STDOUT; sleep 100' $1 $2 &
                listeners="$listeners $!"
                # Not by who: it tries a bind, which a program that binds at the same moment would lose against.
                until ss -Htln "sport = :$2" | grep -q .; do kill -0 $! || exit 99; sleep 0.05; done
            }
            listen 127.0.0.1 7070
            {{script}}
            code=$?
            kill $listeners
            exit $code
            """;

        // Labs of other tests run as processes that are not seen here.
        return Programs.Run(
            Programs.Find("unshare", "/usr/bin/unshare"),
            ["--net", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", whole]);
    }

    [GeneratedRegex(@"^\| `(\d+)` \|", RegexOptions.Multiline)]
    private static partial Regex CodeRow();
}
