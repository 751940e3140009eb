using System.Globalization;
using Portolan.Kernel.Tests.Owners;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Proc;
using Portolan.Sockets.Owners;
using Portolan.Sockets.Stopping;

namespace Portolan.Kernel.Tests.Stopping;

/// <summary>
/// Processes in control groups whose names an ordinary user chose, as user@.service lets him: nothing of the system's is stopped for them.
/// </summary>
public sealed class ClaimedNameTests
{
    private const string Id = "3f4c0d8a9b7e6f5d4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a29180f7e6d5";

    // Each generation lives for two milliseconds, so a pid that was read has gone when it is looked at again.
    private const string Forker =
        "my $s = listener(7210); print \"1\\n\"; my $end = time + 60; while (time < $end and not -e $ENV{STOP_FILE}) { select(undef, "
            + "undef, undef, 0.002); my $c = fork; exit if $c; } exit;";

    [Fact]
    public void A_process_below_a_users_manager_never_makes_systemd_stop_a_unit_however_fast_it_forks() =>
        InGroup("user@1000.service/ssh.service", group => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var program = new PerlProgram(
            $"open(my $g, '>', '{group}/cgroup.procs') or die; print $g $$; close $g; $ENV{{STOP_FILE}} = '{StopFile}'; " + Forker);
        var agrees = new StopSituation { OwnLineage = new HashSet<int>(), HasSystemd = true, ConfirmsUnit = static (_, _) => true };
        try
        {
            for (var round = 0; round < 50; round++)
            {
                Assert.DoesNotContain(StopPlanner.Plan(machine.Who(7210).Holders, agrees).Steps, step => step is StopUnits);
                Assert.DoesNotContain(
                    StopPlanner.Plan(
                        machine.Who(7210).Holders,
                        StopSituation.Read(machine.Processes, force: false, static _ => null) with { HasSystemd = true }).Steps,
                        step => step is StopUnits);
            }
        }
        finally
        {
            File.WriteAllText(StopFile, "");
        }
    }));

    [Fact]
    public void A_container_below_a_users_manager_is_nobodys() => InGroup($"user@1000.service/docker-{Id}.scope", group =>
    {
        var process = ReadIn(group);

        Assert.Null(process.Container);
        Assert.Equal((true, NameGrade.Claimed), (process.IsUserUnit, process.UnitGrade));
    });

    [Fact]
    public void A_unit_whose_group_root_made_is_proved_and_one_in_a_group_of_another_user_is_not() => InGroup("web.service", group =>
    {
        Assert.Equal(("web.service", NameGrade.Proved), (ReadIn(group).Unit, ReadIn(group).UnitGrade));

        Assert.True(Chown(Path.GetDirectoryName(group)!, 1000));

        Assert.Equal(("web.service", NameGrade.Claimed), (ReadIn(group).Unit, ReadIn(group).UnitGrade));
    });

    // Ends the family of the forking program.
    private static readonly string StopFile = Path.Combine(Path.GetTempPath(), $"portolan-stop-{Guid.NewGuid():N}");

    private static bool Chown(
        string path, int user) =>
            Portolan.Linux.ProgramRunner.Run(
                Tool.Find("chown"), [user.ToString(CultureInfo.InvariantCulture), path], TimeSpan.FromSeconds(10),
                CancellationToken.None).ExitCode == 0;

    private static ProcessInfo ReadIn(string group)
    {
        using var program = new PerlProgram($"open(my $g, '>', '{group}/cgroup.procs') or die; print $g $$; close $g; print \"1\\n\";");
        using var reader = new ProcessReader();
        return reader.Read(program.Pid, ProcessFields.Document)!;
    }

    /// <summary>Makes a group below a slice of this test's own, and removes all of it.</summary>
    private static void InGroup(string path, Action<string> body)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "control groups are made by root: run as root");
        var mount = CgroupTree.FindMount();
        Assert.SkipWhen(mount is null, "cgroup2 is not mounted here");
        var slice = $"{mount}/portolan_test_{Guid.NewGuid():N}.slice";
        try
        {
            Directory.CreateDirectory(slice);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"no control group can be made here: {exception.Message}");
        }

        var group = $"{slice}/{path}";
        Directory.CreateDirectory(group);
        try
        {
            body(group);
        }
        finally
        {
            for (var folder = group; folder.Length >= slice.Length; folder = Path.GetDirectoryName(folder)!)
            {
                Remove(folder);
            }

            File.Delete(StopFile);
        }
    }

    // A group is empty only when the last of its processes was reaped.
    private static void Remove(string folder)
    {
        for (var round = 0; round < 500; round++)
        {
            try
            {
                Directory.Delete(folder);
                return;
            }
            catch (IOException)
            {
                Thread.Sleep(10);
            }
        }
    }
}
