using System.Diagnostics;
using Portolan.Linux;
using Portolan.Linux.Processes;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Serving;

/// <summary>
/// Hands over to <c>portolan-server</c>, the program beside this one, so that what it needs costs the command line nothing: the process
/// stays, and so do its streams and its environment.
/// </summary>
public static class ServerProgram
{
    private const string Name = "portolan-server";

    /// <summary>Becomes the server. Comes back only by an exception.</summary>
    /// <exception cref="PortolanException">The server is not there, or cannot be run.</exception>
    public static ExitCode Become(ServerInvocation invocation) => Become(invocation, AppContext.BaseDirectory, Environment.ProcessPath);

    /// <summary>Starts the server as a child whose stdout is a pipe; stdin, stderr and the terminal are shared.</summary>
    /// <exception cref="PortolanException">The server is not there, or cannot be run.</exception>
    public static Process Start(ServerInvocation invocation)
    {
        var (file, words) = Find(invocation, AppContext.BaseDirectory, Environment.ProcessPath);
        return ProgramRunner.StartPiped(file, words.Skip(1));
    }

    private static ExitCode Become(ServerInvocation invocation, string folder, string? self)
    {
        // Commands in a lab find this program too, wherever it was started from.
        var library = Path.Combine(folder, "portolan.dll");
        var isLibrary = Path.GetFileName(self) == "dotnet" && File.Exists(library);
        var (file, words) = Find(invocation.CalledBy(isLibrary ? library : self, isLibrary ? self : null), folder, self);
        throw Failed(file, ProcessReplacement.Become(file, words));
    }

    /// <summary>The program to run, and its words, its own name first.</summary>
    private static (string File, string[] Words) Find(ServerInvocation invocation, string folder, string? self)
    {
        var program = Path.Combine(folder, Name);
        var library = Path.Combine(folder, "server", Name + ".dll");
        if (File.Exists(program))
        {
            return (program, [Name, .. invocation.ToWords()]);
        }

        // The .NET tool: both are libraries that dotnet runs.
        var dotnet = self is not null && Path.GetFileName(self) == "dotnet" ? self : DotnetProgram();
        if (dotnet is not null && File.Exists(library))
        {
            return (dotnet, [dotnet, library, .. invocation.ToWords()]);
        }

        throw new PortolanException(
            $"portolan {invocation.Topic} needs the program {Name}, which is missing in {folder.TrimEnd('/')}",
            $"run scripts/build --server in the checkout, and ./install again if portolan was installed",
            ExitCode.Failed);
    }

    /// <summary>Of a tool that has a program of its own before its library.</summary>
    private static string? DotnetProgram()
    {
        string?[] folders = [Environment.GetEnvironmentVariable("DOTNET_ROOT"), "/usr/share/dotnet", "/usr/lib/dotnet"];
        return folders.OfType<string>().Select(static f => Path.Combine(f, "dotnet")).FirstOrDefault(File.Exists);
    }

    private static PortolanException Failed(string program, int errno) => new(
        $"cannot {new LinuxException(errno, $"run {program}").Message}",
        $"rebuild it with scripts/build --server",
        errno is Errno.NotPermitted or Errno.AccessDenied ? ExitCode.NoPrivilege : ExitCode.Failed);
}
