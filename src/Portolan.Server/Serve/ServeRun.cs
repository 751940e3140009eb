using Portolan.Model.Invocation;
using Portolan.Server.Hosting;
using Portolan.Web.Access;
using Portolan.Web.Hosting;

namespace Portolan.Server.Serve;

/// <summary><c>portolan serve</c>: the page, or what is done about one that runs.</summary>
internal static class ServeRun
{
    /// <summary>Does it.</summary>
    internal static Task<ExitCode> RunAsync(ServeInvocation invocation, ServerStreams streams)
    {
        var listen = ListenAddress.Parse(invocation.Listen);
        var folders = StateFolder.Find(listen.FileName, Environment.GetEnvironmentVariable);
        return invocation.Action switch
        {
            ServeAction.Run => new PageServer(invocation, listen, folders[0], streams).RunAsync(),
            ServeAction.Link => Task.FromResult(new LinkMaker(invocation, listen, folders).Run(streams)),
            ServeAction.Reset => Task.FromResult(Reset(folders, streams)),
            _ => Task.FromResult(new TokenKeeper(invocation, listen, folders).Run(streams)),
        };
    }

    /// <summary>What is granted beyond the usual scopes.</summary>
    /// <exception cref="PortolanException">A word is not a scope.</exception>
    internal static Scope Scopes(ServeInvocation invocation, Scope usual) =>
        invocation.Allow is not { } text ? usual
        : ScopeWords.TryRead(text, out var more) ? usual | more
        : throw new PortolanException(
            $"--allow takes scopes, not '{TerminalText.Escape(text)}'", $"write one or more of read, scan, change, "
                + $"admin, separated by commas",
            ExitCode.Usage);

    private static ExitCode Reset(IReadOnlyList<StateFolder> folders, ServerStreams streams)
    {
        var count = 0;
        foreach (var folder in folders.Where(static f => Directory.Exists(f.Path)))
        {
            count += Sessions.Reset(folder);
            new LaunchLinks(folder, TimeProvider.System).Clear();
        }

        streams.Error.WriteLine(count == 1 ? "portolan: 1 session ended" : $"portolan: {count} sessions ended");
        return ExitCode.Success;
    }
}
