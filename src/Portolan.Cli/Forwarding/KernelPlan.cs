using Portolan.Firewall.Forwarding;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Kernel;
using Portolan.Forwarding.Model;
using Portolan.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>What forwards of the kernel change on this host.</summary>
/// <param name="Forwards">The forwards as the kernel is notified of them.</param>
/// <param name="Settings">The settings that change.</param>
internal sealed record KernelPlan(IReadOnlyList<KernelForward> Forwards, IReadOnlyList<HostSetting> Settings)
{
    /// <summary>The tables that would be loaded, as nft writes them.</summary>
    public string Rules => field ??= ForwardPlanning.Text(Forwards, Settings);

    /// <summary>Plans it.</summary>
    /// <exception cref="PortolanException">The kernel cannot do it.</exception>
    public static KernelPlan Make(IReadOnlyList<ForwardSpec> specs, ForwardNames names)
    {
        var forwards = KernelEngine.Plan(specs, names.Of);
        KernelDemands.CheckAddresses(specs, forwards, OwnAddresses.Contains);
        return new KernelPlan(forwards, ForwardSettings.Plan(KernelEngine.Needs(forwards)));
    }

    /// <summary>Whose clients are forwarded, where that is not everybody's who asks: <c>IPv4 only</c>.</summary>
    public string? Family(int forward) =>
        Forwards[forward].Address is null && KernelDemands.Families(Forwards[forward]) is [var only] ? $"IPv{only} only" : null;
}
