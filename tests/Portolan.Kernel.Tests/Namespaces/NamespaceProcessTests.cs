using System.Globalization;
using System.Runtime.InteropServices;
using Portolan.Kernel.Tests.Owners;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux;
using Portolan.Linux.Interop;
using Portolan.Linux.Namespaces;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Namespaces;

/// <summary>A program started in namespaces of its own from a process with many threads.</summary>
public sealed class NamespaceProcessTests
{
    [Fact]
    public void It_is_root_alone_on_a_network_with_nothing_but_loopback()
    {
        var (output, exit) = Run("id -u; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; cat");

        Assert.Equal("0\nlo\nsaid on stdin\n", output);
        Assert.Equal(0, exit);
    }

    [Fact]
    public void Its_exit_code_and_the_signal_that_killed_it_are_told_apart()
    {
        Assert.Equal(7, Run("exit 7").ExitCode);
        Assert.Equal(-15, Run("kill -TERM $$").ExitCode);
    }

    [Fact]
    public void It_inherits_nothing_but_its_streams_and_what_it_is_given()
    {
        using var file = File.OpenHandle("/etc/hostname");
        var options = Shell("env; for d in /proc/self/fd/*; do readlink $d; done; grep -E 'Sig(Blk|Ign)' /proc/self/status") with
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["ONLY"] = "this" },
            Descriptors = [file],
            WorkingDirectory = "/usr",
        };

        var (output, exit) = Run(options);

        Assert.Equal(0, exit);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("ONLY=this", lines);
        Assert.Contains("PWD=/usr", lines);
        Assert.DoesNotContain(lines, static line => line.StartsWith("HOME=", StringComparison.Ordinal));
        Assert.Equal(3, lines.Count(static line => line.StartsWith("pipe:", StringComparison.Ordinal)));
        Assert.Single(lines, "/etc/hostname");
        Assert.DoesNotContain(
            lines,
            static line =>
                line.StartsWith("socket:", StringComparison.Ordinal) || line.StartsWith("anon_inode:", StringComparison.Ordinal));
        Assert.Contains("SigBlk:\t0000000000000000", lines);
        Assert.Contains("SigIgn:\t0000000000000000", lines);
    }

    [Theory]
    [InlineData(false, "8 8\n8\n")]
    [InlineData(true, "0 0\n0\n")]
    public void Changes_of_users_are_made_or_feigned(bool areFeigned, string expected)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become another user");
        var file = Path.GetTempFileName();
        var script =
            $"setpriv --reuid 8 --regid 8 --clear-groups sh -c 'echo $(id -u) $(id -g)' && chown 8:8 {file} && stat -c %u {file}; rm -f "
                + $"{file}";
        var (output, exit) = Run(Shell(script) with { Namespaces = NamespaceKinds.Network, FeignsUserChanges = areFeigned });

        Assert.Equal((0, expected), (exit, output));
    }

    [Fact]
    public void It_enters_the_namespaces_of_another()
    {
        Assert.SkipUnless(
            Environment.IsPrivilegedProcess, "another's namespaces are entered by root, or from one's own namespace of users");
        const NamespaceKinds Kinds = NamespaceKinds.Network | NamespaceKinds.Mount | NamespaceKinds.Process;
        using var other = NamespaceProcess.Start(new NamespaceProcessOptions(Tool.Find("sleep"), ["600"]) { Namespaces = Kinds });
        string Of(string kind) => string.Create(CultureInfo.InvariantCulture, $"/proc/{other.Id}/ns/{kind}");
        using var network = File.OpenHandle(Of("net"), share: FileShare.ReadWrite);
        using var mounts = File.OpenHandle(Of("mnt"), share: FileShare.ReadWrite);
        using var processes = File.OpenHandle(Of("pid"), share: FileShare.ReadWrite);
        var expected = string.Join('\n', new[] { "net", "mnt" }.Select(kind => new FileInfo(Of(kind)).LinkTarget));
        for (var turn = 0; turn < 5; turn++)
        {
            // The first of the namespace is the other; its /proc is still that of the mounts it began with, which are kept apart first.
            var script =
                "mount --make-rprivate / && mount -t proc proc /proc && readlink /proc/self/ns/net /proc/self/ns/mnt && test $$ -gt 1 && "
                    + "tr '\\0' ' ' </proc/1/cmdline; exit 7";
            var (output, exit) = Run(Shell(script) with
            {
                Namespaces = NamespaceKinds.None,
                Enters = [network, mounts],
                EntersProcesses = processes,
                WorkingDirectory = "/nosuchfolder",
            });

            Assert.Equal((7, $"{expected}\n{Tool.Find("sleep")} 600 "), (exit, output));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_signal_that_comes_before_the_program_runs_ends_it_and_is_not_taken_for_the_callers(bool inheritsStreams)
    {
        const int Terminate = 15;
        var heard = 0;
        using var handler = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            Interlocked.Increment(ref heard);
        });
        using var process = NamespaceProcess.Start(new NamespaceProcessOptions(Tool.Find("sleep"), ["1000"])
        {
            Namespaces = NamespaceKinds.None,
            InheritsStreams = inheritsStreams,
            Made = static pid => Assert.Equal(0, Libc.kill(pid, Terminate)),
        });
        Assert.Equal(-Terminate, await process.Exited.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.Equal(0, Volatile.Read(ref heard));
    }

    [Fact]
    public void A_descriptor_that_was_inherited_is_closed_in_other_programs_when_it_is_said()
    {
        using var inherited = File.OpenHandle("/etc/hostname");
        Assert.Equal(0, Libc.fcntl_number((int)inherited.DangerousGetHandle(), Libc.F_SETFD, 0));
        string Flags() =>
            File.ReadLines($"/proc/self/fdinfo/{inherited.DangerousGetHandle()}").Single(
                static l => l.StartsWith("flags:", StringComparison.Ordinal))[^8..];
        const int CloseOnExecute = 0x80000;
        Assert.Equal(0, Convert.ToInt32(Flags().Trim(), 8) & CloseOnExecute);
        InheritedDescriptor.CloseOnExecute(inherited);
        Assert.Equal(CloseOnExecute, Convert.ToInt32(Flags().Trim(), 8) & CloseOnExecute);
    }

    [Fact]
    public void A_program_that_is_not_there_is_named()
    {
        var error =
            Assert.Throws<NamespaceProcessException>(() => NamespaceProcess.Start(new NamespaceProcessOptions("/nowhere/at-all", [])));

        Assert.Equal(Errno.NoEntry, error.Errno);
        Assert.StartsWith("run /nowhere/at-all: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named()
    {
        var error =
            Assert.Throws<NamespaceProcessException>(() => NamespaceProcess.Start(Shell("true") with { WorkingDirectory = "/nowhere" }));

        Assert.Equal("enter /nowhere: No such file or directory", error.Message);
    }

    [Fact]
    public async Task To_dispose_it_kills_it()
    {
        var process = NamespaceProcess.Start(new NamespaceProcessOptions(Tool.Find("sleep"), ["1000"]));

        process.Dispose();

        Assert.Equal(-9, await process.Exited);
        Assert.False(Directory.Exists($"/proc/{process.Id}"));
    }

    [Fact]
    public void It_has_namespaces_of_the_kinds_that_were_asked_for()
    {
        var options = Shell("readlink /proc/self/ns/mnt /proc/self/ns/net; echo $$; id -u") with
        {
            Namespaces = NamespaceKinds.User | NamespaceKinds.Mount | NamespaceKinds.Process,
        };

        var lines = Run(options).Output.Split('\n');

        Assert.NotEqual(new FileInfo("/proc/self/ns/mnt").LinkTarget, lines[0]);
        Assert.Equal(new FileInfo("/proc/self/ns/net").LinkTarget, lines[1]);
        Assert.Equal(["1", "0", ""], lines[2..]);
    }

    [Fact]
    public void Many_are_started_while_the_garbage_collector_runs()
    {
        // The collector is kept busy on all processors: it must neither hang a child nor be hung by one. It wants to begin in nearly every
        // clone(2), for that copies the page tables from the lowest address up: first many of them, while threads go on whose own memory
        // lies above, and then those of the runtime.
        using var stop = new CancellationTokenSource();
        using var memory = new LowMemory(megabytes: 256);
        var waste = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new TestThread("waste", () =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.KeepAlive(new byte[50_000]);
            }
        })).ToList();
        try
        {
            Parallel.For(0, 30, new ParallelOptions { MaxDegreeOfParallelism = 4 }, number =>
            {
                var (output, exit) = Run($"echo {number}");
                Assert.Equal((string.Create(CultureInfo.InvariantCulture, $"{number}\n"), 0), (output, exit));
            });
        }
        finally
        {
            stop.Cancel();
            waste.ForEach(static thread => thread.Join());
        }
    }

    [Fact]
    public void A_process_that_hangs_before_the_program_runs_is_ended_and_it_is_said_where()
    {
        var made = 0;
        var error = Assert.Throws<NamespaceProcessException>(() => NamespaceProcess.Start(Shell("true") with
        {
            Namespaces = NamespaceKinds.None,
            Patience = TimeSpan.FromSeconds(3),
            Made = pid =>
            {
                made = pid;
                Tool.Lines("kill", "-s", "STOP", pid.ToString(CultureInfo.InvariantCulture));
            },
        }));

        Assert.Equal(Errno.TimedOut, error.Errno);
        Assert.StartsWith(
            "start /bin/sh, whose process hung 3 seconds where it was to wait for the maps of users: ", error.Message,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists($"/proc/{made}"));
    }

    [Fact]
    public void An_ordinary_user_may_do_the_same()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to become another user");
        InnerTest.Run(
            nameof(NamespaceOfOrdinaryUserTests), Tool.Find("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups",
            "--bounding-set=-all");
    }

    [Fact]
    public void It_dies_with_its_parent_even_when_that_is_killed()
    {
        var file = Path.GetTempFileName();
        try
        {
            using var parent = InnerTest.Start(nameof(NamespaceParentTests), Tool.Find("env"), $"PORTOLAN_PID_FILE={file}");
            var text = "";
            Bounded.Until(() => (text = File.ReadAllText(file)).Length > 0 || parent.HasExited, "the child has said its number");
            var child = $"/proc/{text}";
            Assert.True(Directory.Exists(child), "the child did not run");

            parent.Kill();
            parent.End();

            Assert.True(SpinWait.SpinUntil(
                () => !Directory.Exists(child) || File.ReadAllText($"{child}/stat").Contains(") Z ", StringComparison.Ordinal),
                TimeSpan.FromSeconds(20)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    internal static NamespaceProcessOptions Shell(string script) => new("/bin/sh", ["-c", script]);

    internal static (string Output, int ExitCode) Run(string script) => Run(Shell(script));

    internal static (string Output, int ExitCode) Run(NamespaceProcessOptions options)
    {
        try
        {
            using var process = NamespaceProcess.Start(options);
            try
            {
                process.Input.Write("said on stdin\n"u8);
            }
            catch (IOException)
            {
                // It did not read, and has ended.
            }

            process.Input.Dispose();
            using var reader = new StreamReader(process.Output);
            var output = "";
            var reading = new TestThread("the output of a program", () => output = reader.ReadToEnd());
            if (!reading.TryJoin(Bounded.Limit))
            {
                throw new TimeoutException(
                    $"the output of {options.Program} {string.Join(' ', options.Arguments)} did not end:\n{Bounded.Describe(process.Id)}");
            }

            return (output, process.Exited.Await($"{options.Program} ends"));
        }
        catch (NamespaceProcessException exception) when (exception.Obstacle != NamespaceObstacle.Other)
        {
            Assert.Skip($"namespaces are not allowed here: {exception.Message}; {exception.Remedy}");
            throw;
        }
    }
}

/// <summary>Run as uid 65534 without capabilities by <see cref="NamespaceProcessTests"/>.</summary>
public sealed class NamespaceOfOrdinaryUserTests
{
    public NamespaceOfOrdinaryUserTests() => InnerTest.SkipUnless(nameof(NamespaceOfOrdinaryUserTests));

    [Fact(Explicit = true)]
    public void He_is_root_inside_and_may_set_up_a_network()
    {
        Assert.Equal(
            65534,
            int.Parse(
                NamespaceProcessTests.Run(NamespaceProcessTests.Shell("id -u") with { Namespaces = NamespaceKinds.None }).Output,
                CultureInfo.InvariantCulture));

        var (output, exit) = NamespaceProcessTests.Run($"id -u; id -g; {Tool.Find("ip")} link set lo up && cat /proc/self/setgroups");

        Assert.Equal("0\n0\ndeny\n", output);
        Assert.Equal(0, exit);
    }
}

/// <summary>Run by <see cref="NamespaceProcessTests"/> as a parent that is killed.</summary>
public sealed class NamespaceParentTests
{
    public NamespaceParentTests() => InnerTest.SkipUnless(nameof(NamespaceParentTests));

    [Fact(Explicit = true)]
    public async Task It_waits_for_a_child_that_sleeps()
    {
        using var process = NamespaceProcess.Start(new NamespaceProcessOptions(Tool.Find("sleep"), ["1000"]));
        File.WriteAllText(
            Environment.GetEnvironmentVariable("PORTOLAN_PID_FILE")!, string.Create(CultureInfo.InvariantCulture, $"{process.Id}"));
        await process.Exited;
    }
}
