namespace Portolan.Tests.Sockets.Owners;

/// <summary>A directory laid out like /proc, with the processes a test puts in it. Removed when disposed.</summary>
internal sealed class ProcRecording : IDisposable
{
    public ProcRecording()
    {
        Root = Directory.CreateTempSubdirectory("portolan-proc-").FullName;
        File.WriteAllText(Path.Combine(Root, "stat"), "cpu  1 2 3\nbtime 1700000000\nprocesses 5\n");
    }

    public string Root { get; }

    /// <summary>Adds a process. Descriptors are link targets, numbered from 0.</summary>
    public ProcRecording Add(
        int pid, string command, int parent = 1, ulong startTicks = 100, string cmdline = "", string exe = "/usr/bin/thing", uint user = 0,
        string cgroup = "0::/\n", uint flags = 0x400000, int terminal = 0, string environment = "", params string[] descriptors)
    {
        var directory = Directory.CreateDirectory(Path.Combine(Root, pid.ToString())).FullName;
        File.WriteAllText(
            Path.Combine(directory, "stat"),
            $"{pid} ({command}) S {parent} 1 1 {terminal} -1 {flags} 1 2 3 4 5 6 7 8 20 0 1 0 {startTicks} 1000 10 "
                + $"18446744073709551615 0 0\n");
        File.WriteAllText(Path.Combine(directory, "comm"), $"{command}\n");
        File.WriteAllText(
            Path.Combine(directory, "status"), $"Name:\t{command}\nState:\tS (sleeping)\nUid:\t7\t{user}\t7\t7\nGid:\t0\t0\t0\t0\n");
        File.WriteAllText(Path.Combine(directory, "cmdline"), cmdline);
        File.WriteAllText(Path.Combine(directory, "environ"), environment);
        File.WriteAllText(Path.Combine(directory, "cgroup"), cgroup);
        File.WriteAllText(Path.Combine(directory, "statm"), "100 10 5 1 0 20 0\n");
        File.CreateSymbolicLink(Path.Combine(directory, "exe"), exe);
        File.CreateSymbolicLink(Path.Combine(directory, "cwd"), "/srv/app");
        var fd = Directory.CreateDirectory(Path.Combine(directory, "fd")).FullName;
        for (var i = 0; i < descriptors.Length; i++)
        {
            File.CreateSymbolicLink(Path.Combine(fd, i.ToString()), descriptors[i]);
        }

        return this;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
