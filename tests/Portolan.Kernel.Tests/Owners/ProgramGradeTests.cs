using System.Diagnostics;
using Portolan.Kernel.Tests.Support;
using Portolan.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Owners;

/// <summary>Who named the program file that a process runs: root, or perhaps anybody.</summary>
public sealed class ProgramGradeTests
{
    private const string Wait = "$| = 1; print qq(1\\n); sleep 600";

    [Fact]
    public void A_program_that_root_installed_is_proved()
    {
        using var program = new PerlProgram("print qq(1\\n);");
        using var processes = new ProcessReader();

        Assert.Equal(NameGrade.Proved, processes.Read(program.Pid, ProcessFields.Paths)!.ProgramGrade);
        Assert.Equal(NameGrade.Claimed, processes.Read(program.Pid, ProcessFields.All & ~ProcessFields.Paths)!.ProgramGrade);
    }

    [Fact]
    public void A_copy_where_anybody_may_write_is_a_claim()
    {
        var folder = Directory.CreateTempSubdirectory("portolan-program-").FullName;
        try
        {
            File.SetUnixFileMode(folder,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
            var copy = Path.Combine(folder, "sshd");
            File.Copy(Tool.Find("perl"), copy);

            var process = Read(copy, "-e", Wait);

            Assert.Equal((copy, NameGrade.Claimed), (process.ExecutablePath, process.ProgramGrade));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_file_that_is_mounted_over_another_in_a_mount_namespace_is_a_claim()
    {
        var tail = new FileInfo(Tool.Find("tail")).FullName;

        var process =
            Read(Tool.Find("unshare"), "-m", "/bin/sh", "-c",
            $"mount --bind \"$(readlink -f {Tool.Find("perl")})\" {tail} && exec {tail} -e '{Wait}'");

        Assert.Equal((tail, NameGrade.Claimed), (process.ExecutablePath, process.ProgramGrade));
    }

    private static ProcessInfo Read(string path, params string[] words)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to read a mount namespace and to mount");
        using var process =
            Process.Start(new ProcessStartInfo(path, words)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true
            })!;
        try
        {
            Assert.Equal("1", process.NextLine());
            using var processes = new ProcessReader();
            return processes.Read(process.Id, ProcessFields.Paths)!;
        }
        finally
        {
            process.Kill();
            process.End();
        }
    }
}
