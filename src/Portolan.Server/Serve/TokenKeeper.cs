using Portolan.Model.Invocation;
using Portolan.Server.Hosting;
using Portolan.Web.Access;
using Portolan.Web.Hosting;

namespace Portolan.Server.Serve;

/// <summary><c>portolan serve --new-token</c> and <c>--remove-token</c>: tokens for programs that use the API.</summary>
/// <param name="invocation">What was asked.</param>
/// <param name="listen">Where the server listens.</param>
/// <param name="folders">Where it may keep its state.</param>
internal sealed class TokenKeeper(ServeInvocation invocation, ListenAddress listen, IReadOnlyList<StateFolder> folders)
{
    /// <summary>Makes or removes one.</summary>
    internal ExitCode Run(ServerStreams streams)
    {
        // The server need not run: a token is often made before it starts for the first time.
        var folder = folders.FirstOrDefault(static f => RunningServer.Find(f) is not null) ?? folders[0];
        var name = invocation.Token ?? throw new PortolanException(
            "the name of the token is missing", $"give one: portolan serve --new-token NAME", ExitCode.Usage);
        folder.Make();
        var tokens = new ApiTokens(folder, TimeProvider.System);
        if (invocation.Action == ServeAction.MakeToken)
        {
            var token = tokens.Make(name, ServeRun.Scopes(invocation, Scope.Read));
            streams.Output.WriteLine(token);
            streams.Flush();
            streams.Error.WriteLine(
                $"portolan: this is shown once; send it to {listen} as the header Authorization: Bearer TOKEN");
            return ExitCode.Success;
        }

        if (tokens.Remove(name))
        {
            return ExitCode.Success;
        }

        var known = tokens.All;
        throw new PortolanException(
            $"no token is named '{TerminalText.Escape(name)}'",
            known.Count == 0
                ? Advice.Of($"this server has no tokens")
                : Advice.Of($"its tokens are {Advice.List(known.Select(static t => t.Name))}"),
            ExitCode.NothingFound);
    }
}
