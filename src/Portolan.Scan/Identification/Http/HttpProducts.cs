namespace Portolan.Scan.Identification.Http;

/// <summary>Products that speak HTTP. Applications stand before the servers that they run behind.</summary>
internal static class HttpProducts
{
    /// <summary>All of them, in the order in which they are tried.</summary>
    public static IReadOnlyList<HttpProduct> All { get; } =
    [
        // Known by what only they say; several send no Server header.
        new("Prometheus")
        {
            Location = "/graph",
            Path = "/api/v1/status/buildinfo",
            PathProof = "\"goVersion\"",
            PathVersionBehind = "\"version\":\"",
            NeedsPath = true,
            Cpe = "prometheus:prometheus",
        },
        new("Prometheus")
        {
            Location = "/query",
            Path = "/api/v1/status/buildinfo",
            PathProof = "\"goVersion\"",
            PathVersionBehind = "\"version\":\"",
            NeedsPath = true,
            Cpe = "prometheus:prometheus",
        },
        new("Prometheus Node Exporter") { Body = "<title>Node Exporter</title>", VersionBehind = "Version: (version=" },
        new("Prometheus Alertmanager")
        {
            Body = "<title>Alertmanager</title>",
            Path = "/api/v2/status",
            PathProof = "\"versionInfo\"",
            PathVersionBehind = "\"version\":\"",
        },
        new("Prometheus Pushgateway") { Body = "<title>Prometheus Pushgateway</title>" },
        new("Prometheus Blackbox Exporter") { Body = "<title>Blackbox Exporter</title>" },
        new("Grafana")
        {
            Location = "/login",
            Path = "/api/health",
            PathProof = "\"database\"",
            PathVersionBehind = "\"version\": \"",
            NeedsPath = true,
            Cpe = "grafana:grafana",
        },
        new("Elasticsearch")
        {
            Body = "\"tagline\" : \"You Know, for Search\"",
            VersionBehind = "\"number\" : \"",
            Cpe = "elastic:elasticsearch",
        },
        new("Elasticsearch") { Header = "X-elastic-product", Cpe = "elastic:elasticsearch" },
        new("OpenSearch")
        {
            Body = "The OpenSearch Project: https://opensearch.org/",
            VersionBehind = "\"number\" : \"",
            Cpe = "amazon:opensearch",
        },
        new("Kibana") { Header = "kbn-name", Cpe = "elastic:kibana" },
        new("Apache CouchDB") { Body = "\"couchdb\":\"Welcome\"", VersionBehind = "\"version\":\"", Cpe = "apache:couchdb" },
        new("InfluxDB") { Header = "X-Influxdb-Version", VersionHeader = "X-Influxdb-Version", Cpe = "influxdata:influxdb" },
        new("ClickHouse") { Header = "X-ClickHouse-Summary", Cpe = "clickhouse:clickhouse" },
        new("ClickHouse") { Header = "X-ClickHouse-Server-Display-Name", Cpe = "clickhouse:clickhouse" },
        new("ClickHouse")
        {
            Body = "Ok.\n",
            Path = "/portolan-asks",
            PathProof = "Send queries from your program with POST method or GET /?query=",
            PathVersionBehind = "\"version\":\"",
            NeedsPath = true,
            Cpe = "clickhouse:clickhouse",
        },
        new("Jenkins") { Header = "X-Jenkins", VersionHeader = "X-Jenkins", Cpe = "jenkins:jenkins" },
        new("GitLab") { Header = "X-Gitlab-Meta", Cpe = "gitlab:gitlab" },
        new("Docker Engine API") { Header = "Api-Version", Server = "Docker/", Service = "docker", Cpe = "docker:docker" },
        new("Docker Engine API")
        {
            Body = "{\"message\":\"page not found\"}",
            Path = "/version",
            PathProof = "\"ApiVersion\"",
            PathVersionBehind = "\"Version\":\"",
            NeedsPath = true,
            Service = "docker",
            Cpe = "docker:docker",
        },
        new("Docker Registry") { Header = "Docker-Distribution-Api-Version", Cpe = "docker:docker_registry" },
        new("Kubernetes API server") { Header = "X-Kubernetes-Pf-Flowschema-Uid", Cpe = "kubernetes:kubernetes" },
        new("Kubernetes API server")
        {
            Body = "\"kind\":\"Status\",\"apiVersion\":\"v1\"",
            Path = "/version",
            PathProof = "\"gitVersion\"",
            PathVersionBehind = "\"gitVersion\": \"v",
            Cpe = "kubernetes:kubernetes",
        },
        new("Kubernetes API server")
        {
            Body = "\"kind\": \"Status\",\n  \"apiVersion\": \"v1\"",
            Path = "/version",
            PathProof = "\"gitVersion\"",
            PathVersionBehind = "\"gitVersion\": \"v",
            Cpe = "kubernetes:kubernetes",
        },
        new("HashiCorp Consul") { Body = "Consul Agent: UI disabled", Cpe = "hashicorp:consul" },
        new("HashiCorp Vault")
        {
            Location = "/ui/",
            Path = "/v1/sys/health",
            PathProof = "\"sealed\":",
            PathVersionBehind = "\"version\":\"",
            NeedsPath = true,
            Cpe = "hashicorp:vault",
        },
        new("HashiCorp Consul")
        {
            Location = "/ui/",
            Path = "/v1/agent/self",
            PathProof = "\"PrimaryDatacenter\":",
            PathVersionBehind = "\"Version\":\"",
            NeedsPath = true,
            Cpe = "hashicorp:consul",
        },
        new("etcd")
        {
            Body = "404 page not found\n",
            Path = "/version",
            PathProof = "\"etcdserver\"",
            PathVersionBehind = "\"etcdserver\":\"",
            NeedsPath = true,
            Cpe = "etcd:etcd",
        },
        new("NATS monitoring")
        {
            Body = "<img src=\"https://nats.io/img/logo.png\"",
            Path = "/varz",
            PathProof = "\"server_id\"",
            PathVersionBehind = "\"version\": \"",
        },
        new("aria2")
        {
            SaysNothing = true,
            Header = "Expires",
            Path = "/jsonrpc?method=aria2.getVersion&id=portolan",
            PathProof = "\"enabledFeatures\":",
            PathVersionBehind = "\"version\":\"",
            NeedsPath = true,
        },
        new("HAProxy")
        {
            Body = "<title>Statistics Report for HAProxy",
            VersionBehind = ">HAProxy version ",
            Cpe = "haproxy:haproxy",
        },
        new("HAProxy") { Body = "No server is available to handle this request.\n</body></html>", Cpe = "haproxy:haproxy" },
        new("HAProxy") { Body = "Your browser sent an invalid request.\n</body></html>", Cpe = "haproxy:haproxy" },
        new("HAProxy") { Body = "Request forbidden by administrative rules.\n</body></html>", Cpe = "haproxy:haproxy" },
        new("OpenSSL s_server") { Body = "<pre>\n\ns_server " },
        new("MinIO") { Server = "MinIO", Cpe = "minio:minio" },
        new("RabbitMQ management") { Body = "<title>RabbitMQ Management</title>", Cpe = "vmware:rabbitmq" },
        new("Transmission") { Server = "Transmission", Cpe = "transmissionbt:transmission" },
        new("CUPS") { Server = "CUPS/", Service = "ipp", Cpe = "apple:cups" },
        new("Apache Tomcat") { Body = "<h3>Apache Tomcat/", VersionBehind = "<h3>Apache Tomcat/", Cpe = "apache:tomcat" },
        new("Deluge Web UI") { Body = "<title>Deluge WebUI ", VersionBehind = "<title>Deluge WebUI ", Cpe = "deluge-torrent:deluge" },
        new("PowerDNS Authoritative Server")
        {
            Body = "<title>PowerDNS Authoritative Server Monitor</title>",
            VersionBehind = "id=\"appname\">PowerDNS ",
            Cpe = "powerdns:authoritative_server",
        },
        new("Home Assistant") { Body = "<title>Home Assistant</title>", Cpe = "home-assistant:home-assistant" },
        new("Portainer") { Body = "<title>Portainer</title>", Cpe = "portainer:portainer" },
        new("Nextcloud") { Body = "<title>Nextcloud</title>", Cpe = "nextcloud:nextcloud_server" },
        new("phpMyAdmin") { Body = "<title>phpMyAdmin</title>", Cpe = "phpmyadmin:phpmyadmin" },
        new("Gitea") { Header = "Set-Cookie", Body = "Powered by Gitea", Cpe = "gitea:gitea" },
        new("SonarQube") { Body = "<title>SonarQube</title>", Cpe = "sonarsource:sonarqube" },
        new("Traefik") { Body = "<title>Traefik</title>", Cpe = "traefik:traefik" },
        new("Traefik") { Body = "<title>Traefik Proxy</title>", Cpe = "traefik:traefik" },
        new("Proxmox VE") { Server = "pve-api-daemon/", Cpe = "proxmox:virtual_environment" },
        new("MikroTik RouterOS") { Body = "<title>RouterOS", Cpe = "mikrotik:routeros" },
        new("Synology DSM") { Body = "<title>Synology", Cpe = "synology:diskstation_manager" },

        new("Syncthing") { Header = "X-Syncthing-Version", VersionHeader = "X-Syncthing-Version", Cpe = "syncthing:syncthing" },
        new("Prometheus Redis Exporter") { Body = "<title>Redis Exporter ", VersionBehind = "<title>Redis Exporter " },
        new("MiniDLNA") { Body = "<TITLE>MiniDLNA ", VersionBehind = "<TITLE>MiniDLNA ", Cpe = "readymedia_project:readymedia" },
        new("i2pd") { Body = "<title>Purple I2P Webconsole</title>" },
        new("i2pd") { Body = "<title>I2Pd HTTP proxy</title>", Service = "http-proxy" },

        // Proxies that pass on the Server header of another.
        new("Varnish") { Header = "X-Varnish", Via = "(Varnish/", Cpe = "varnish-software:varnish_cache" },
        new("Varnish") { Header = "X-Varnish", Cpe = "varnish-software:varnish_cache" },
        new("Squid") { Via = "(squid/", Cpe = "squid-cache:squid" },
        new("Apache Traffic Server") { Via = "(ApacheTrafficServer/", Cpe = "apache:traffic_server" },

        // Servers and proxies, known by their Server header.
        new("nginx") { Server = "nginx", Cpe = "f5:nginx" },
        new("OpenResty") { Server = "openresty", Cpe = "openresty:openresty" },
        new("Tengine") { Server = "Tengine", Cpe = "alibaba:tengine" },
        new("Apache Tomcat") { Server = "Apache-Coyote", Cpe = "apache:tomcat" },
        new("Apache httpd") { Server = "Apache", Cpe = "apache:http_server" },
        new("Microsoft IIS") { Server = "Microsoft-IIS/", Cpe = "microsoft:internet_information_services" },
        new("Microsoft HTTPAPI") { Server = "Microsoft-HTTPAPI/" },
        new("Kestrel") { Server = "Kestrel", Cpe = "microsoft:asp.net_core" },
        new("lighttpd") { Server = "lighttpd", Cpe = "lighttpd:lighttpd" },
        new("LiteSpeed") { Server = "LiteSpeed", Cpe = "litespeedtech:litespeed_web_server" },
        new("Caddy") { Server = "Caddy", Cpe = "caddyserver:caddy" },
        new("Envoy") { Server = "envoy", Cpe = "envoyproxy:envoy" },
        new("Apache Traffic Server") { Server = "ATS/", Cpe = "apache:traffic_server" },
        new("ZNC") { Server = "ZNC", Cpe = "znc:znc" },
        new("Privoxy") { Body = "Invalid header received from client.\n", Service = "http-proxy", Cpe = "privoxy:privoxy" },
        new("GStreamer RTSP server") { Server = "GStreamer RTSP server", Service = "rtsp" },
        new("Tinyproxy") { Server = "tinyproxy", Service = "http-proxy", Cpe = "tinyproxy_project:tinyproxy" },
        new("Privoxy") { Server = "Privoxy", Service = "http-proxy", Cpe = "privoxy:privoxy" },
        new("Squid") { Server = "squid", Cpe = "squid-cache:squid" },
        new("Jetty") { Server = "Jetty(", Cpe = "eclipse:jetty" },
        new("Gunicorn") { Server = "gunicorn", Cpe = "gunicorn:gunicorn" },
        new("uvicorn") { Server = "uvicorn", Cpe = "encode:uvicorn" },
        new("Hypercorn") { Server = "hypercorn" },
        new("Werkzeug") { Server = "Werkzeug/", Cpe = "palletsprojects:werkzeug" },
        new("Python http.server") { Server = "SimpleHTTP/", ServerVersionBehind = "Python/", Cpe = "python:python" },
        new("Python wsgiref") { Server = "WSGIServer/" },
        new("Tornado") { Server = "TornadoServer/", Cpe = "tornadoweb:tornado" },
        new("aiohttp") { Server = "Python/", Cpe = "aiohttp:aiohttp" },
        new("WEBrick") { Server = "WEBrick/", Cpe = "ruby-lang:webrick" },
        new("thttpd") { Server = "thttpd/", Cpe = "acme:thttpd" },
        new("mini_httpd") { Server = "mini_httpd/", Cpe = "acme:mini_httpd" },
        new("micro_httpd") { Server = "micro_httpd" },
        new("Boa") { Server = "Boa/", Cpe = "boa:boa" },
        new("GoAhead") { Server = "GoAhead", Cpe = "embedthis:goahead" },
        new("Mongoose") { Server = "Mongoose/", Cpe = "cesanta:mongoose" },
        new("Mini web server") { Server = "mini_web_server" },
        new("Monkey") { Server = "Monkey/" },
        new("h2o") { Server = "h2o/" },
        new("Hiawatha") { Server = "Hiawatha" },
        new("CherryPy") { Server = "CherryPy/", Cpe = "cherrypy:cherrypy" },
        new("waitress") { Server = "waitress", Cpe = "agendaless:waitress" },
        new("Cowboy") { Server = "Cowboy" },
        new("Mochiweb") { Server = "MochiWeb/" },
        new("Zope") { Server = "Zope/" },
        new("Oracle WebLogic") { Server = "WebLogic", Cpe = "oracle:weblogic_server" },
        new("IBM HTTP Server") { Server = "IBM_HTTP_Server", Cpe = "ibm:http_server" },
        new("Cloudflare") { Server = "cloudflare" },
        new("Amazon S3") { Server = "AmazonS3" },
        new("AWS Elastic Load Balancing") { Server = "awselb/" },
    ];
}
