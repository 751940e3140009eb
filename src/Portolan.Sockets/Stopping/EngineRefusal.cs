using System.Globalization;
using Portolan.Sockets.Binding;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Stopping;

/// <summary>Why a container is left alone, and what to do instead.</summary>
/// <remarks>
/// An engine may start a killed container again; a killed monitor or proxy leaves the container running without its port, or reachable
/// through rules: so neither is ever signalled.
/// </remarks>
internal static class EngineRefusal
{
    internal static StopRefusal Of(PortHolder holder, EngineTrouble trouble, StopSituation situation)
    {
        var owner = holder.Owner;
        var container = owner.Container;
        var runtime = container?.Runtime ?? owner.Engine?.Runtime ?? "";
        var user = container?.EngineUser ?? owner.Main?.UserId ?? 0;
        var whose = user == 0 ? runtime : $"{runtime} of user {situation.UserName(user) ?? user.ToString(CultureInfo.InvariantCulture)}";
        var what = container is not null ? $"it belongs to a {runtime} container" : $"{owner.Main?.Name} holds it for a container";
        var why = trouble switch
        {
            EngineTrouble.NotHere when runtime == "podman" => "neither /usr/bin/podman nor its socket exists to confirm that",
            EngineTrouble.NotHere =>
                $"{whose} does not listen at {string.Join(", ", ContainerEngine.UsualSockets(new(runtime, user)))} to confirm that",
            EngineTrouble.NoPermission => $"only root and its own user may query {whose}",
            EngineTrouble.NoAnswer => $"{whose} gave an unexpected answer",
            EngineTrouble.NotKnown => $"{whose} does not confirm that",
            _ => $"Portolan does not query {runtime}",
        };
        return new StopRefusal(holder, "runtime", $"{what}, and {why}", Remedy(holder, runtime, user, trouble, situation));
    }

    private static Advice Remedy(PortHolder holder, string runtime, uint user, EngineTrouble trouble, StopSituation situation)
    {
        if (trouble == EngineTrouble.NoPermission && !situation.IsRoot)
        {
            return $"run the command again with sudo";
        }

        var id = holder.Owner.Container is { } container ? container.Name ?? container.Id : null;
        Advice before = user == 0 ? Advice.Of($"") : $"sudo -u {situation.UserName(user) ?? $"#{user}"} XDG_RUNTIME_DIR=/run/user/{user} ";
        var main = holder.Owner.Main;
        if (trouble == EngineTrouble.NotKnown && main is not null && runtime is "docker" or "podman")
        {
            return $"find it with {before}{runtime} ps; if no container has the port, end the process with kill {main.Pid}";
        }

        return runtime switch
        {
            "docker" or "podman" =>
                id is null
                    ? Advice.Of($"find the container with {before}{runtime} ps and stop it with {before}{runtime} stop NAME")
                    : $"run {before}{runtime} stop {id}",
            "containerd" or "cri-o" => $"run crictl stop {id ?? "ID"}",
            "nspawn" => $"run machinectl terminate -- {id ?? "NAME"}",
            "lxc" => $"run lxc-stop -n {id ?? "NAME"}",
            _ => $"stop it with {runtime}",
        };
    }
}
