using Portolan.Model.Invocation;
using Portolan.Server.Hosting;
using Portolan.Web.Access;
using Portolan.Web.Hosting;

namespace Portolan.Server.Serve;

/// <summary><c>portolan serve --link</c>: another launch link of a server that runs.</summary>
/// <param name="invocation">What was asked.</param>
/// <param name="listen">Where that server listens.</param>
/// <param name="folders">Where it may keep its state.</param>
internal sealed class LinkMaker(ServeInvocation invocation, ListenAddress listen, IReadOnlyList<StateFolder> folders)
{
    /// <summary>Prints it.</summary>
    internal ExitCode Run(ServerStreams streams)
    {
        var (folder, server) = Find();
        var scopes = ServeRun.Scopes(invocation, Scope.Read | Scope.Scan);
        if ((scopes & ~server.Scopes) != Scope.None)
        {
            var missing = string.Join(',', ScopeWords.Of(scopes & ~server.Scopes));
            throw new PortolanException(
                $"the server on {listen} was not started to allow {missing}", $"restart it with portolan serve --allow {missing}",
                ExitCode.Usage);
        }

        new LaunchText(invocation, streams).Write(folder, server.Url, scopes);
        return ExitCode.Success;
    }

    private (StateFolder Folder, ServerRecord Server) Find()
    {
        foreach (var folder in folders)
        {
            if (RunningServer.Find(folder) is { } server)
            {
                return (folder, server);
            }
        }

        throw new PortolanException(
            $"no server of this user runs on {listen}",
            $"start one with portolan serve, or give the address of the running one: --listen ADDRESS:PORT", ExitCode.Failed);
    }
}
