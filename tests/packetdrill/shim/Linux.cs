namespace Portolan.Packetdrill;

/// <summary>Numbers of the Linux system call interface (include/uapi), by their names there.</summary>
internal static class Linux
{
    internal const int EBADF = 9;
    internal const int EAGAIN = 11;
    internal const int EFAULT = 14;
    internal const int EINVAL = 22;
    internal const int EPIPE = 32;
    internal const int ENOTSOCK = 88;
    internal const int EDESTADDRREQ = 89;
    internal const int ENOPROTOOPT = 92;
    internal const int EPROTONOSUPPORT = 93;
    internal const int EOPNOTSUPP = 95;
    internal const int EADDRINUSE = 98;
    internal const int EADDRNOTAVAIL = 99;
    internal const int ENETUNREACH = 101;
    internal const int ECONNABORTED = 103;
    internal const int ECONNRESET = 104;
    internal const int EISCONN = 106;
    internal const int ENOTCONN = 107;
    internal const int ETIMEDOUT = 110;
    internal const int ECONNREFUSED = 111;
    internal const int EHOSTUNREACH = 113;
    internal const int EALREADY = 114;
    internal const int EINPROGRESS = 115;
    internal const int EACCES = 13;

    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_TYPE_MASK = 0xf;
    internal const int SOCK_NONBLOCK = 0x800;

    internal const int SOL_SOCKET = 1;
    internal const int SOL_IP = 0;
    internal const int SOL_IPV6 = 41;
    internal const int SOL_TCP = 6;

    internal const int SO_REUSEADDR = 2;
    internal const int SO_TYPE = 3;
    internal const int SO_ERROR = 4;
    internal const int SO_SNDBUF = 7;
    internal const int SO_RCVBUF = 8;
    internal const int SO_KEEPALIVE = 9;
    internal const int SO_LINGER = 13;
    internal const int SO_REUSEPORT = 15;
    internal const int SO_MEMINFO = 55;

    internal const int TCP_NODELAY = 1;
    internal const int TCP_MAXSEG = 2;
    internal const int TCP_CORK = 3;
    internal const int TCP_KEEPIDLE = 4;
    internal const int TCP_KEEPINTVL = 5;
    internal const int TCP_KEEPCNT = 6;
    internal const int TCP_INFO = 11;
    internal const int TCP_USER_TIMEOUT = 18;
    internal const int TCP_NOTSENT_LOWAT = 25;
    internal const int TCP_CC_INFO = 26;
    internal const int TCP_FASTOPEN_CONNECT = 30;
    internal const int TCP_INQ = 36;

    internal const int F_GETFL = 3;
    internal const int F_SETFL = 4;
    internal const int O_RDWR = 2;
    internal const int O_NONBLOCK = 0x800;

    internal const ulong SIOCINQ = 0x541b;
    internal const ulong SIOCOUTQ = 0x5411;
    internal const ulong SIOCOUTQNSD = 0x894b;

    internal const int MSG_PEEK = 2;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_EOR = 0x80;
    internal const int MSG_MORE = 0x8000;
    internal const int MSG_FASTOPEN = 0x20000000;

    internal const short POLLIN = 1;
    internal const short POLLOUT = 4;
    internal const short POLLERR = 8;
    internal const short POLLHUP = 0x10;
    internal const short POLLRDHUP = 0x2000;
    internal const short POLLRDNORM = 0x40;
    internal const short POLLWRNORM = 0x100;

    internal const int SHUT_RD = 0;
    internal const int SHUT_WR = 1;
    internal const int SHUT_RDWR = 2;
}
