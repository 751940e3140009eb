using System.Runtime.InteropServices;

namespace Portolan.Packetdrill;

/// <summary>packetdrill's <c>struct packetdrill_interface</c>: what a stack under test fills in, in this order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PacketdrillInterface
{
    internal nint UserData;
    internal nint Free;
    internal nint Socket;
    internal nint Bind;
    internal nint Listen;
    internal nint Accept;
    internal nint Connect;
    internal nint Read;
    internal nint ReadVector;
    internal nint Receive;
    internal nint ReceiveFrom;
    internal nint ReceiveMessage;
    internal nint Write;
    internal nint WriteVector;
    internal nint Send;
    internal nint SendTo;
    internal nint SendMessage;
    internal nint FileControl;
    internal nint DeviceControl;
    internal nint Close;
    internal nint Shutdown;
    internal nint GetOption;
    internal nint SetOption;
    internal nint Poll;
    internal nint FrameIn;
    internal nint FrameOut;
    internal nint Sleep;
    internal nint TimeOfDay;
    internal nint EpollCreate;
    internal nint EpollControl;
    internal nint EpollWait;
    internal nint Pipe;
    internal nint Splice;
}
