using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Packet;

namespace Portolan.TunScenarios;

/// <summary>
/// The kernel's TCP in a namespace and the userspace stack on a packet socket at the other end of a virtual cable of MTU 1500.
/// </summary>
internal sealed class EthernetStreams : StackStreams
{
    private const string Network = "198.18.8";

    private readonly LabHost _near;

    /// <summary>Makes both.</summary>
    /// <param name="usesOffload">Whether the stack leaves checksums and the cutting of segments to the kernel.</param>
    /// <param name="isAble">Whether both ends of the cable take and pass on what is not cut.</param>
    /// <param name="runsInline">Whether streams are read and written on the stack's own thread.</param>
    internal EthernetStreams(bool usesOffload, bool isAble, bool runsInline)
        : this(new LabHost(), new LabHost(), usesOffload, isAble, runsInline)
    {
    }

    private EthernetStreams(LabHost near, LabHost far, bool usesOffload, bool isAble, bool runsInline)
        : base(far, Open(near, far, usesOffload, isAble), Network, runsInline) => _near = near;

    public override void Dispose()
    {
        base.Dispose();
        _near.Dispose();
    }

    private static EthernetLink Open(LabHost near, LabHost far, bool usesOffload, bool isAble)
    {
        LabHost.Connect(near, "left", far, "right");
        far.Address("right", $"{Network}.1/24");
        if (!isAble)
        {
            near.Run(static () => Ethtool.TurnOffloadsOff("left"));
            far.Run(static () => Ethtool.TurnOffloadsOff("right"));
        }

        return near.Run(() => EthernetLink.Open(new EthernetLinkOptions { Name = "left", UsesOffload = usesOffload }));
    }
}
